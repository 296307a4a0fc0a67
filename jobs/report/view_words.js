// The words of charts, shapes and tables, English and Russian.
'use strict';
const viewWords = {
    filter: ['Find in the table', 'Найти в таблице'],
    columns: ['Columns', 'Столбцы'],
    compare: ['Compare', 'Сравнить'],
    compareNot: ['without comparison', 'без сравнения'],
    compareBefore: ['with the period before', 'с прошлым периодом'],
    compareYear: ['with last year', 'с прошлым годом'],
    total: ['Total', 'Итого'],
    totalFound: ['Total of what is found', 'Итого по найденному'],
    rowsOf: ['rows of', 'строк из'],
    rows: ['rows', 'строк'],
    nothingFound: ['No row has that.', 'Таких строк нет.'],
    more: ['Show more', 'Показать ещё'],
    sort: ['Sort by', 'Сортировать по'],
    table: ['Table', 'Таблица'],
    others: ['others', 'прочие'],
    ofFirst: ['of the first', 'от первого'],
    ofBefore: ['of the step before', 'от шага до него'],
    buyers: ['buyers', 'покупателей'],
    monthsSince: ['months since the first purchase', 'месяцев с первой покупки']
};
const say = (key, russian) => viewWords[key][russian ? 1 : 0];
