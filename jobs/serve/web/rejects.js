// Cells and rows that could not be read.
/* global add */
import {number} from './format.js';
import {card, grid, link, main} from './parts.js';
import {resource, t} from './words.js';

export function rejects(list) {
    add(main, 'h1', t('rejects'));
    grid(
        card(main), list,
        [
            [t('run'), row => link(row.run_id, `#/run/${row.run_id}`)],
            [t('table'), row => resource(row.table_name)],
            [t('row'), row => number(row.row_no), 'number'], [t('key'), row => row.row_key],
            [t('heading'), row => row.heading, 'text'], [t('raw'), row => row.raw, 'text'],
            [t('reason'), row => row.reason + (row.set_aside ? ` (${t('aside')})` : ''), 'text']
        ],
        t('none'));
}
