// Moments, numbers and durations as people read them.
/* global grouped */
import {session} from './session.js';

export const moment = (value, date = true) => value ?
    new Intl
        .DateTimeFormat(session.russian ? 'ru-RU' : 'en-GB', {
            timeZone: session.zone,
            ...(date ? {day: '2-digit', month: '2-digit', year: 'numeric'} : {}),
            hour: '2-digit',
            minute: '2-digit',
            second: date ? undefined : '2-digit'
        })
        .format(new Date(value)) :
    '';
export const number = value =>
    value === null || value === undefined ? '' : grouped(String(value), session.russian);
export function span(seconds) {
    if (seconds < 0) seconds = 0;
    const unit = session.russian ? ['с', 'мин', 'ч', 'дн.'] : ['s', 'min', 'h', 'd'];
    if (seconds < 100) return `${Math.round(seconds)} ${unit[0]}`;
    if (seconds < 6000) return `${Math.round(seconds / 60)} ${unit[1]}`;
    return seconds < 172800 ? `${Math.round(seconds / 3600)} ${unit[2]}` :
                              `${Math.round(seconds / 86400)} ${unit[3]}`;
}
export const between = (a, b) => a && b ? span((new Date(b) - new Date(a)) / 1000) : '';
// The day of a moment in the account's zone as the database writes it; as people do with `shown`.
export function dayOf(value, shown = false) {
    const day = value.length > 10 ?
        new Intl.DateTimeFormat('sv-SE', {timeZone: session.zone}).format(new Date(value)) :
        value;
    if (!shown) return day;
    const [year, month, date] = day.split('-');
    return session.russian ? `${date}.${month}.${year}` : `${date}/${month}/${year}`;
}
