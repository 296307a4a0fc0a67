// The table of a report, to work with: sorted by a click, filtered, with chosen columns, totals,
// heads that stay and a first column that stays; shared by the report's own page and the dashboard.
/* global add, coded, grouped, numeric, say, shownValue */
'use strict';
const tableStep = 300;  // rows drawn at once; the next by a button
const isCompared = /_(before|last_year)$/;
const isShare = /(^|_)percent$/;

// The sum of decimal texts, exactly.
function decimalSum(texts) {
    const places = Math.max(0, ...texts.map(text => (text.split('.')[1] || '').length));
    let sum = 0n;
    for (const text of texts) {
        const [whole, cents = ''] = text.split('.');
        sum += BigInt(whole + cents.padEnd(places, '0'));
    }
    const digits = (sum < 0n ? -sum : sum).toString().padStart(places + 1, '0');
    return (sum < 0n ? '-' : '') + digits.slice(0, digits.length - places) +
        (places ? '.' + digits.slice(-places) : '');
}

// What the reader has chosen; a link keeps it.
const tableChoice = () => ({sort: '', down: false, find: '', hidden: [], compare: ''});

class WorkTable {
    constructor(parent, page, russian, options = {}) {
        Object.assign(this, {page, russian, options, parent, drawn: tableStep});
        this.choice = Object.assign(tableChoice(), options.choice);
        this.right = page.columns.map(
            (name, c) => page.rows.some(row => row[c] !== null) &&
                page.rows.every(row => row[c] === null || numeric(row[c])) &&
                !/(_id|^phone|number)$/.test(name));
        this.tools();
        const box = add(parent, 'div', undefined, 'sheet');
        this.box = add(box, 'div');
        this.box.tabIndex = 0;
        this.box.setAttribute('role', 'region');
        this.box.setAttribute('aria-label', `${say('table', russian)}: ${page.title}`);
        const edge = () => box.classList.toggle(
            'cut', this.box.scrollLeft + this.box.clientWidth < this.box.scrollWidth - 2);
        this.box.addEventListener('scroll', edge);
        new ResizeObserver(edge).observe(this.box);
        // paper has no button for more
        const printed = rows => () => {
            if (!this.box.isConnected) return;
            this.drawn = rows;
            this.draw();
        };
        addEventListener('beforeprint', printed(Infinity));
        addEventListener('afterprint', printed(tableStep));
        this.foot = add(parent, 'p', undefined, 'more');
        this.edge = edge;
        this.draw();
    }
    title(c) { return (this.page.titles || [])[c] || this.page.columns[c].replaceAll('_', ' '); }
    chosen(change) {
        Object.assign(this.choice, change);
        this.drawn = tableStep;
        this.draw();
        this.options.changed?.(this.choice);
    }
    tools() {
        const {page, russian, choice} = this, bar = add(this.parent, 'div', undefined, 'tools');
        const find = add(bar, 'input', undefined, 'filter');
        find.type = 'search';
        find.value = choice.find;
        find.placeholder = say('filter', russian);
        find.setAttribute('aria-label', say('filter', russian));
        find.addEventListener('input', () => this.chosen({find: find.value}));
        this.columnsTool(bar);
        if (page.columns.some(name => isCompared.test(name))) this.compareTool(bar);
        this.options.tools?.(bar);
        this.count = add(bar, 'span', undefined, 'note');
        this.count.setAttribute('role', 'status');
    }
    columnsTool(bar) {
        const {page, choice} = this, menu = add(bar, 'details');
        add(menu, 'summary', say('columns', this.russian), 'button');
        const list = add(menu, 'div');
        page.columns.forEach((name, c) => {
            if (c === 0 || isCompared.test(name)) return;
            const label = add(list, 'label'), box = add(label, 'input');
            add(label, 'span', this.title(c));
            box.type = 'checkbox';
            box.checked = !choice.hidden.includes(name);
            box.addEventListener('change', () => this.chosen({
                hidden: box.checked ? choice.hidden.filter(other => other !== name) :
                                      [...choice.hidden, name]
            }));
        });
        menu.addEventListener('keydown', event => {
            if (event.key !== 'Escape') return;
            menu.open = false;
            menu.querySelector('summary').focus();
        });
        document.addEventListener('click', event => {
            if (!menu.contains(event.target)) menu.open = false;
        });
    }
    compareTool(bar) {
        const select = add(bar, 'select');
        select.setAttribute('aria-label', say('compare', this.russian));
        for (const [value, key] of [
                 ['', 'compareNot'], ['before', 'compareBefore'], ['last_year', 'compareYear']])
            add(select, 'option', say(key, this.russian)).value = value;
        select.value = this.choice.compare;
        select.addEventListener('change', () => this.chosen({compare: select.value}));
    }
    // Places of the columns that are shown.
    columns() {
        const {page, choice} = this;
        return page.columns.map((_, c) => c).filter(c => {
            const name = page.columns[c];
            if (isCompared.test(name))
                return choice.compare && name.endsWith('_' + choice.compare) &&
                    page.rows.some(row => row[c] !== null);
            return c === 0 || !choice.hidden.includes(name);
        });
    }
    found(columns) {
        const {page, choice, right, russian} = this, wanted = choice.find.trim().toLowerCase();
        let rows = page.rows;
        if (wanted)
            rows = rows.filter(row => columns.some(c => {
                if (row[c] === null) return false;
                const text = row[c].toLowerCase();
                return text.includes(wanted) ||
                    this.shown(row[c], c).toLowerCase().includes(wanted) ||
                    (right[c] &&
                     grouped(row[c], russian).replaceAll('\u00a0', ' ').includes(wanted));
            }));
        const by = page.columns.indexOf(choice.sort);
        if (by < 0) return rows;
        const collator = new Intl.Collator(russian ? 'ru' : 'en', {numeric: true});
        const order = this.right[by] ? (a, b) => a - b : collator.compare;
        return [...rows].sort(
            (a, b) => a[by] === null || b[by] === null ?
                (a[by] === null) - (b[by] === null) :
                (choice.down ? order(b[by], a[by]) : order(a[by], b[by])));
    }
    draw() {
        const {page, russian, box} = this, columns = this.columns(), rows = this.found(columns);
        const left = box.scrollLeft, focused = document.activeElement?.dataset?.column;
        box.replaceChildren();
        const element = add(box, 'table');
        this.head(add(add(element, 'thead'), 'tr'), columns);
        const body = add(element, 'tbody');
        const newest = page.bucket && !this.choice.sort;
        const visible = newest ? rows.slice(-this.drawn) : rows.slice(0, this.drawn);
        for (const row of visible) this.line(add(body, 'tr'), row, columns);
        this.totals(element, rows, columns);
        if (rows.length === 0) {
            const none = add(add(body, 'tr'), 'td', say('nothingFound', russian));
            none.colSpan = columns.length;
        }
        box.scrollLeft = left;
        if (focused) box.querySelector(`button[data-column="${focused}"]`)?.focus();
        this.below(rows);
        this.edge();
    }
    head(top, columns) {
        const {page, choice, right, russian} = this;
        for (const c of columns) {
            const cell = add(top, 'th', undefined, right[c] ? 'number' : ''),
                  name = page.columns[c];
            cell.scope = 'col';
            const button = add(cell, 'button', this.title(c));
            button.type = 'button';
            button.dataset.column = name;
            button.title = `${say('sort', russian)}: ${this.title(c)}`;
            if (choice.sort === name)
                cell.setAttribute('aria-sort', choice.down ? 'descending' : 'ascending');
            // numbers begin with the largest; the third click is the report's own order
            button.addEventListener('click', () => {
                const first = right[c];
                if (choice.sort !== name) return this.chosen({sort: name, down: first});
                this.chosen(choice.down === first ? {down: !first} : {sort: '', down: false});
            });
        }
    }
    shown(cell, c) {
        const {page} = this;
        if (cell === null) return '';
        if (this.right[c]) return grouped(cell, this.russian);
        const said = shownValue(page, c, cell, this.russian);
        return page.columns[c] === page.bucket && cell in (page.cut || {}) ?
            `${said} (${page.cut[cell]})` :
            said;
    }
    line(tr, row, columns) {
        const {page, right, options} = this;
        columns.forEach((c, place) => {
            const value = row[c], text = this.shown(value, c);
            const bare = value === null || value === '';
            const kind = right[c]                            ? 'number' :
                place && value !== null && value.length > 24 ? 'text' :
                !place && /^[\d.:\-+ ]*$/.test(text)         ? 'plain' :
                                                               '';
            const cell = add(tr, place ? 'td' : 'th', undefined, kind);
            if (!place) cell.scope = 'row';
            // what heads a row has a name, also where the school gave none
            if (!place && bare) {
                cell.textContent = '—';
                return;
            }
            const href = value === null ? null : options.href?.(page.columns[c], row, right[c]);
            if (href) {
                const link = add(cell, 'a', text);
                link.href = href.to;
                if (href.title) link.title = href.title;
                if (href.away) link.target = '_blank', link.rel = 'noreferrer';
            } else
                cell.textContent = text;
            if (value === null) return;
            if (isShare.test(page.columns[c]) && place) {
                cell.classList.add('part');
                cell.style.setProperty('--share', Math.min(100, Math.max(0, Number(value))));
            }
            if (isCompared.test(page.columns[c])) this.delta(cell, row, c);
        });
    }
    // By how much the figure beside differs from the one before.
    delta(cell, row, c) {
        const {page, russian} = this;
        const now = page.columns.indexOf(page.columns[c].replace(isCompared, ''));
        const before = Number(row[c]);
        if (now < 0 || row[now] === null || before === 0) return;
        const percent = Math.round(1000 * (Number(row[now]) - before) / Math.abs(before)) / 10;
        const text = grouped(Math.abs(percent).toString(), russian);
        add(cell, 'span',
            `${
                percent < 0     ? '−' :
                    percent > 0 ? '+' :
                                  ''}${text}\u00a0%`,
            'delta ' +
                (percent < 0     ? 'down' :
                     percent > 0 ? 'up' :
                                   ''));
    }
    // Sums where a sum has a meaning, by currency; none when not every row is here.
    totals(element, rows, columns) {
        const {page, choice, russian, right} = this, sums = page.sums || [];
        const summed = columns.filter(
            c => right[c] &&
                (sums.includes(page.columns[c]) ||
                 (isCompared.test(page.columns[c]) &&
                  sums.includes(page.columns[c].replace(isCompared, '')))));
        if (!summed.length || rows.length < 2 || (page.total || 0) > page.rows.length) return;
        const money = page.columns.indexOf('currency'), foot = add(element, 'tfoot');
        const currencies = money < 0 ? [undefined] : [...new Set(rows.map(row => row[money]))];
        for (const currency of currencies) {
            const own = money < 0 ? rows : rows.filter(row => row[money] === currency);
            const tr = add(foot, 'tr');
            columns.forEach((c, place) => {
                const texts =
                    summed.includes(c) ? own.map(row => row[c]).filter(text => text !== null) : [];
                const cell =
                    add(tr, place ? 'td' : 'th',
                        place === 0 ? say(choice.find ? 'totalFound' : 'total', russian) +
                                (currency && !columns.includes(money) ? ` ${currency}` : '') :
                            c === money                               ? currency :
                            texts.length                              ? grouped(decimalSum(texts), russian) :
                                                                        '',
                        right[c] && place ? 'number' : '');
                if (!place) cell.scope = 'row';
                cell.dataset.column = page.columns[c];
            });
        }
    }
    below(rows) {
        const {page, russian, foot} = this, all = page.total || page.rows.length;
        this.count.textContent = rows.length === all ?
            `${grouped(String(all), russian)} ${say('rows', russian)}` :
            `${grouped(String(rows.length), russian)} ${say('rowsOf', russian)} ${
                grouped(String(all), russian)}`;
        foot.replaceChildren();
        if (rows.length > this.drawn) {
            const button = add(foot, 'button', say('more', russian));
            button.type = 'button';
            button.addEventListener('click', () => {
                this.drawn += tableStep;
                this.draw();
            });
        }
        if (all > page.rows.length)
            add(foot, 'span',
                ' ' +
                    (russian ? `здесь ${page.rows.length} строк из ${all}; ${
                                   page.rest || 'все — в CSV'}` :
                               `here are ${page.rows.length} of ${all} rows; ${
                                   page.rest || 'the CSV has all'}`));
    }
}

function reportTable(main, page, russian, options) {
    if (page.rows.length === 0) return void coded(add(main, 'p', undefined, 'card'), page.nothing);
    return new WorkTable(main, page, russian, options);
}
