// What the pages share: language, the account's zone, the school's address, the token of the
// actions.
export const session = {
    russian: (localStorage.getItem('gcmirror.lang') || (navigator.language || 'en').slice(0, 2)) ===
        'ru',
    zone: 'UTC',
    school: '',
    csrf: ''
};
// Of [English, Russian] by key, the one that the reader has chosen.
export const inLanguage = words => key => words[key][session.russian ? 1 : 0];
