// Custom fields, and layouts that changed.
/* global add */
import {moment} from './format.js';
import {card, grid, link, main} from './parts.js';
import {resource, t} from './words.js';

export function fields(data) {
    add(main, 'h1', t('fields'));
    grid(
        card(main, t('custom')), data.fields,
        [
            [t('table'), row => resource(row.table_name)], [t('field'), row => row.title, 'text'],
            [t('column'), row => row.name], [t('type'), row => row.type],
            ['id', row => row.field_id === null ? '' : String(row.field_id)],
            [t('since'), row => moment(row.first_seen)], [t('state'), row => row.policy]
        ],
        t('none'));
    grid(
        card(main, t('layouts')), data.layouts,
        [
            [t('run'), row => link(row.run_id, `#/run/${row.run_id}`)],
            [t('table'), row => resource(row.resource)],
            [t('since'), row => moment(row.received_at)],
            [t('added'), row => row.added.join(', '), 'text'],
            [t('gone'), row => row.gone.join(', '), 'text']
        ],
        t('none'));
}
