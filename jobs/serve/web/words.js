// Every word of the pages, English and Russian; and how a state is shown.
import {session} from './session.js';

const words = {
    overview: ['Overview', 'Обзор'], runs: ['Runs', 'Запуски'], rejects: ['Rejects', 'Не прочитано'], fields: ['Fields', 'Поля'], reports: ['Reports', 'Отчёты'], push: ['Write-back', 'Отправка'],
    trust: ['Can I trust today\'s numbers?', 'Можно ли верить сегодняшним числам?'],
    green: ['Yes. Everything is fresh and balanced.', 'Да. Всё свежее и сходится.'], amber: ['Mostly. See below.', 'В основном да. Подробности ниже.'], red: ['No. See why below.', 'Нет. Причины ниже.'],
    fresh: ['Freshness', 'Свежесть'], budget: ['Budget of requests', 'Бюджет запросов'], used: ['used', 'израсходовано'], free: ['free', 'свободно'], reserve: ['left for other tools', 'оставлено другим программам'],
    moreAt: ['the next becomes free at', 'следующий освободится в'], spentOn: ['Spent on', 'На что ушло'], night: ['The newest run', 'Последний запуск'], now: ['now', 'сейчас'], longer: ['takes longer than planned', 'идёт дольше, чем планировалось'], finish: ['about done at', 'закончит примерно в'],
    waiting: ['waiting for its turn', 'ожидание очереди'], building: ['being built', 'готовится'], loading: ['received until loaded', 'получено, загрузка'], expected: ['By the schedule', 'По расписанию'],
    due: ['due', 'срок'], state: ['state', 'состояние'], reason: ['reason', 'причина'], run: ['run', 'запуск'], job: ['job', 'задание'], started: ['started', 'начало'], took: ['took', 'длительность'], requests: ['requests', 'запросов'],
    rows: ['rows', 'строк'], inserted: ['inserted', 'новых'], changed: ['changed', 'изменено'], rejected: ['rejects', 'не прочитано'], certificate: ['The last account', 'Последняя сверка'], balanced: ['balances', 'сходится'],
    unbalanced: ['does not balance', 'не сходится'], syncNow: ['Sync now', 'Запустить сейчас'], stop: ['Stop the run', 'Остановить'], asked: ['Asked for; it begins in a moment.', 'Принято, сейчас начнётся.'], stopping: ['It will stop; nothing is lost.', 'Останавливается, ничего не потеряется.'],
    standby: ['Another instance leads; this one waits.', 'Работает другой экземпляр, этот ждёт.'], alerts: ['Alerts', 'Оповещения'], standing: ['standing', 'не устранено'], over: ['over', 'устранено'], none: ['None.', 'Нет.'],
    never: ['never', 'никогда'], ago: ['ago', 'назад'], within: ['wanted within', 'нужно не старше'], why: ['why', 'почему'], answer: ['answer', 'ответ'], what: ['what', 'что'], sent: ['sent', 'отправлен'], table: ['table', 'таблица'],
    heading: ['heading', 'заголовок'], raw: ['as received', 'как получено'], row: ['row', 'строка'], key: ['key', 'ключ'], aside: ['row left out', 'строка отложена'], field: ['field', 'поле'], column: ['column', 'столбец'], type: ['type', 'тип'], since: ['since', 'с'],
    layouts: ['Layouts that changed', 'Изменения состава столбцов'], added: ['added', 'появились'], gone: ['gone', 'пропали'], custom: ['Custom fields', 'Дополнительные поля'], from: ['from', 'с'], to: ['to', 'по'], by: ['by', 'по'], show: ['Show', 'Показать'], fitting: ['what fits', 'по длине'], stateNow: ['The state now: this report has no range.', 'Состояние на сейчас: у этого отчёта нет промежутка.'],
    day: ['day', 'дням'], week: ['week', 'неделям'], month: ['month', 'месяцам'], asOf: ['state of', 'состояние на'], plan: ['plan', 'план'], name: ['name', 'название'], made: ['made', 'составлен'], approved: ['approved by', 'утвердил'],
    toSend: ['to send', 'к отправке'], toRead: ['to read back', 'ждут проверки'], confirmed: ['confirmed', 'подтверждено'], notConfirmed: ['not confirmed', 'не подтверждено'], verdict: ['verdict', 'итог'], change: ['change', 'изменение'], refused: ['refused', 'отклонено'],
    lost: ['The service does not answer', 'Сервис не отвечает'], nothing: ['Nothing was mirrored yet: run gcmirror sync.', 'Данных ещё нет: запустите gcmirror sync.'], zone: ['times in', 'время'], skip: ['To the content', 'К содержанию'], exports: ['Exports', 'Выгрузки'],
    polls: ['polls', 'проверок'], window: ['window', 'окно'], empty: ['No rows.', 'Строк нет.'], level: ['level', 'важность'], text: ['what happened', 'что случилось'], whenRaised: ['seen', 'замечено'], of: ['of', 'из'], in: ['within', 'за'],
    approve: ['Approve', 'Утвердить'], signIn: ['Sign in to approve', 'Войти, чтобы утвердить'], notHere: ['Approved on the command line: gcmirror push approve.', 'Утверждается командой gcmirror push approve.'], approvedNow: ['Approved; the sender takes it.', 'Утверждено, дальше работает отправитель.'],
    shownFirst: ['below, the first', 'ниже первые'], handled: ['handled', 'обработано'], sending: ['sending', 'отправка'], waitsForSender: ['It waits for gcmirror push sender.', 'Ждёт gcmirror push sender.'], creates: ['creates', 'создаёт'], pays: ['makes payments', 'платежей']
};
const states = {
    done: ['done', 'готово'],
    amber: ['done with rejects', 'готово, есть непрочитанное'],
    partial: ['partial', 'не полностью'],
    postponed: ['postponed', 'отложено'],
    failed: ['failed', 'ошибка'],
    stopped: ['stopped', 'остановлено'],
    died: ['died', 'прервано'],
    running: ['running', 'идёт'],
    rolled_back: ['rolled back', 'откатено'],
    expected: ['expected', 'ожидается'],
    started: ['started', 'началось'],
    skipped: ['skipped', 'пропущено'],
    missed: ['missed', 'не состоялось'],
    loaded: ['loaded', 'загружено'],
    received: ['received', 'получено'],
    waiting: ['waiting', 'ожидание'],
    intended: ['intended', 'задумано'],
    refused: ['refused', 'отклонено'],
    unclear: ['unclear', 'неясно'],
    late: ['late', 'опаздывает'],
    no_file: ['no file', 'без файла'],
    planned: ['planned', 'составлен'],
    approved: ['approved', 'утверждён'],
    cancelled: ['cancelled', 'отменён'],
    expired: ['expired', 'просрочен'],
    sending: ['sending', 'отправляется'],
    written: ['written', 'записано'],
    confirmed: ['confirmed', 'подтверждено'],
    contradicted: ['contradicted', 'не подтвердилось']
};
const tones = {
    done: 'green',
    loaded: 'green',
    confirmed: 'green',
    running: 'amber',
    started: 'amber',
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

export const t = key => words[key][session.russian ? 1 : 0];
export const state = name => states[name] ? states[name][session.russian ? 1 : 0] : name;
export const tone = name => tones[name] || '';
