// Every word of the pages, English and Russian; and how a state is shown.
import {dictionary} from './dictionary.js';
import {inLanguage, session} from './session.js';

const words = {
    before_day: ['to the day before', 'ко дню до'], before_week: ['to the week before', 'к неделе до'], before_month: ['to the month before', 'к месяцу до'], happened: ['New here', 'Появилось нового'], last_year: ['to last year', 'к прошлому году'], points: ['points', 'п. п.'], weeks13: ['the last 13 weeks', 'последние 13 недель'], monthEnd: ['The month by its end', 'Месяц к его концу'], forecastHow: ['as it goes so far', 'если и дальше так'], soFar: ['so far', 'пока'], awaited: ['announced payments', 'объявленные платежи'], planned: ['plan', 'план'], ofPlan: ['of the plan', 'от плана'],
    hands: ['What needs a hand', 'Что требует внимания'], noHands: ['Nothing now.', 'Сейчас ничего.'], notSetUp: ['Not set up', 'Не настроено'], 
    home: ['Morning', 'Утро'], overview: ['State', 'Состояние'], reports: ['Reports', 'Отчёты'],
    green: ['Yes. The numbers are fresh and add up.', 'Да. Числа свежие и сходятся.'], amber: ['Mostly. Something needs a look.', 'В основном да. Есть на что взглянуть.'], red: ['No. The numbers cannot be trusted now.', 'Нет. Числам сейчас верить нельзя.'], unread: ['Not mirrored yet.', 'Данных школы ещё нет.'],
    startNow: ['Start now', 'Запустить сейчас'], costs: ['requests:', 'запросов:'], about: ['about', 'около'], nextNight: ['next night', 'следующая ночь'], numbersOf: ['The numbers are as of', 'Числа на'],
    used: ['used', 'израсходовано'], free: ['free', 'свободно'], reserve: ['left for other tools', 'оставлено другим программам'],
    night: ['The newest run', 'Последний запуск'], nights: ['The last 60 nights', 'Последние 60 ночей'], noRun: ['no run', 'запуска не было'], today: ['today', 'сегодня'], nightsGood: ['whole', 'полностью'], nightsSome: ['with something to look at', 'с замечаниями'], nightsBad: ['failed', 'не удалось'], nightsLongest: ['longest', 'самый долгий'], allRuns: ['All runs', 'Все запуски'],
    waiting: ['waits for its turn', 'ждёт очереди'], building: ['is being built', 'готовится'], received: ['received, waits for the others', 'получено, ждёт остальных'], loaded: ['loaded', 'загружено'], notLoaded: ['not loaded', 'не загружено'],
    expected: ['Runs that did not come', 'Несостоявшиеся запуски'], inserted: ['new', 'новых'], changed: ['changed', 'изменено'], rejected: ['not read', 'не прочитано'], rowsRead: ['rows read', 'прочитано строк'], rows: ['rows', 'строки'], rowsOf: ['rows', 'строк'], requests: ['requests', 'запросы'], requestsOf: ['requests', 'запросов'], polls: ['polls', 'проверок'],
    never: ['never read', 'ещё не читалось'], from: ['from', 'с'], to: ['to', 'по'], by: ['in', 'разбивка'], day: ['days', 'по дням'], week: ['weeks', 'по неделям'], month: ['months', 'по месяцам'], asOf: ['state of', 'состояние на'], pushAll: ['All plans', 'Все планы'],
    quick: ['range', 'промежуток'], chosen: ['as chosen', 'свой'], thisMonth: ['this month', 'этот месяц'], lastMonth: ['last month', 'прошлый месяц'], lastWeeks: ['the last weeks', 'последние недели'], thisYear: ['this year', 'этот год'], everything: ['everything', 'всё время'],
    asOfDay: ['as it stood on', 'как было на'], copyLink: ['Copy the link', 'Скопировать ссылку'], copied: ['The link is copied.', 'Ссылка скопирована.'], csv: ['CSV', 'CSV'], xlsx: ['Excel', 'Excel'],
    behind: ['The rows behind', 'Строки за числом'], backTo: ['Back to the report', 'Назад к отчёту'], onlyCounted: ['only what the figures count', 'только то, что входит в числа'], openOrder: ['Open the order in GetCourse', 'Открыть заказ в GetCourse'], openUser: ['Open the person in GetCourse', 'Открыть человека в GetCourse'], seeRows: ['The rows of this figure', 'Строки этого числа'],
    favourites: ['Favourites', 'Избранное'], favourite: ['Favourite', 'В избранное'], search: ['Find a report', 'Найти отчёт'], noReport: ['No report has these words.', 'Отчёта с такими словами нет.'],
    runs: ['Runs', 'Запуски'], rejects: ['Rejects', 'Не прочитано'], fields: ['Fields', 'Поля'], push: ['Write-back', 'Отправка'],
    fresh: ['Freshness', 'Свежесть'], budget: ['Budget of requests', 'Бюджет запросов'], 
    moreAt: ['the next becomes free at', 'следующий освободится в'], now: ['now', 'сейчас'], longer: ['takes longer than planned', 'идёт дольше, чем планировалось'], finish: ['about done at', 'закончит примерно в'],
    due: ['due', 'срок'], state: ['state', 'состояние'], reason: ['reason', 'причина'], run: ['run', 'запуск'], job: ['job', 'задание'], started: ['started', 'начало'], took: ['took', 'длительность'], 
    certificate: ['The last account', 'Последняя сверка'], balanced: ['balances', 'сходится'],
    unbalanced: ['does not balance', 'не сходится'], syncNow: ['Sync now', 'Запустить сейчас'], stop: ['Stop the run', 'Остановить'], asked: ['Asked for; it begins in a moment.', 'Принято, сейчас начнётся.'], stopping: ['It will stop; nothing is lost.', 'Останавливается, ничего не потеряется.'],
    standby: ['Another instance leads; this one waits.', 'Работает другой экземпляр, этот ждёт.'], alerts: ['Alerts', 'Оповещения'], standing: ['standing', 'не устранено'], over: ['over', 'устранено'], none: ['None.', 'Нет.'],
    ago: ['ago', 'назад'], within: ['wanted within', 'нужно не старше'], why: ['why', 'почему'], answer: ['answer', 'ответ'], what: ['what', 'что'], sent: ['sent', 'отправлен'], table: ['table', 'таблица'],
    heading: ['heading', 'заголовок'], raw: ['as received', 'как получено'], row: ['row', 'строка'], key: ['key', 'ключ'], aside: ['row left out', 'строка отложена'], field: ['field', 'поле'], column: ['column', 'столбец'], type: ['type', 'тип'], since: ['since', 'с'],
    layouts: ['Layouts that changed', 'Изменения состава столбцов'], added: ['added', 'появились'], gone: ['gone', 'пропали'], custom: ['Custom fields', 'Дополнительные поля'], show: ['Show', 'Показать'], fitting: ['what fits', 'по длине'], stateNow: ['The state now: this report has no range.', 'Состояние на сейчас: у этого отчёта нет промежутка.'],
    plan: ['plan', 'план'], name: ['name', 'название'], made: ['made', 'составлен'], approved: ['approved by', 'утвердил'],
    toSend: ['to send', 'к отправке'], toRead: ['to read back', 'ждут проверки'], confirmed: ['confirmed', 'подтверждено'], notConfirmed: ['not confirmed', 'не подтверждено'], change: ['change', 'изменение'], refused: ['refused', 'отклонено'],
    lost: ['The service does not answer', 'Сервис не отвечает'], zone: ['times in', 'время'], skip: ['To the content', 'К содержанию'], exports: ['Exports', 'Выгрузки'],
    window: ['window', 'окно'], empty: ['No rows.', 'Строк нет.'], text: ['what happened', 'что случилось'], of: ['of', 'из'], in: ['within', 'за'],
    approve: ['Approve', 'Утвердить'], signIn: ['Sign in to approve', 'Войти, чтобы утвердить'], notHere: ['Approved on the command line: gcmirror push approve.', 'Утверждается командой gcmirror push approve.'], approvedNow: ['Approved; the sender takes it.', 'Утверждено, дальше работает отправитель.'],
    shownFirst: ['below, the first', 'ниже первые'], handled: ['handled', 'обработано'], sending: ['sending', 'отправка'], waitsForSender: ['It waits for gcmirror push sender.', 'Ждёт gcmirror push sender.'], creates: ['creates', 'создаёт'], pays: ['makes payments', 'платежей']
};
const resources = {
    users: ['people', 'люди'],
    deals: ['orders', 'заказы'],
    payments: ['payments', 'платежи'],
    groups: ['groups', 'группы'],
    group_users: ['group', 'группа'],
    memberships: ['memberships', 'участие в группах'],
    fields: ['fields', 'поля']
};
const tones = {
    done: 'green',
    loaded: 'green',
    confirmed: 'green',
    running: 'now',
    started: 'now',
    amber: 'amber',
    partial: 'amber',
    postponed: 'amber',
    stopped: 'amber',
    skipped: 'amber',
    unclear: 'amber',
    late: 'amber',
    written: 'amber',
    expired: 'amber',
    failed: 'red',
    died: 'red',
    missed: 'red',
    refused: 'red',
    contradicted: 'red'
};

export const t = inLanguage(words);
export const resource = name => resources[name] ? resources[name][session.russian ? 1 : 0] : name;
export const said = (column, value) =>
    dictionary.values[column]?.[value]?.[session.russian ? 1 : 0] || value;
export const state = name => said('state', name);
export const tone = name => tones[name] || '';
