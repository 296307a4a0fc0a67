// The words of the fleet's page that a school's has not, English and Russian.
import {inLanguage} from './session.js';

const words = {
    title: ['Schools', 'Школы'],
    allWell: ['All numbers can be trusted.', 'Всем числам можно верить.'],
    hands: ['Schools that need a hand', 'Школы, требующие внимания'],
    starting: ['The schools are being looked at.', 'Состояние школ выясняется.'],
    none: [
        'There is no school yet: gcmirror fleet add NAME --account ACCOUNT writes its file.',
        'Школ ещё нет: файл школы запишет команда gcmirror fleet add ИМЯ --account АККАУНТ.'
    ],
    school: ['School', 'Школа'],
    trust: ['Numbers to be trusted?', 'Верить числам?'],
    asOf: ['Numbers as of', 'Числа на'],
    nights: ['The last nights', 'Последние ночи'],
    run: ['Newest run', 'Последний запуск'],
    budget: ['Budget free', 'Свободно запросов'],
    hand: ['Needs a hand', 'Требует внимания'],
    green: ['yes', 'да'],
    amber: ['mostly', 'в основном'],
    red: ['no', 'нет'],
    unread: ['not read yet', 'ещё не читалось'],
    unreachable: ['database away', 'база недоступна'],
    down: ['process falls', 'процесс падает'],
    left_out: ['file is wrong', 'файл неверен'],
    waiting: ['starts again at', 'начнёт заново в'],
    stopping: ['is being stopped', 'останавливается'],
    noNights: ['none yet', 'ещё не было']
};

export const f = inLanguage(words);
