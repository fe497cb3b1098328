import type { PublishedFigure } from '../../../service/engine/appliance/index.ts';
import { inGerman } from './kept-figures.ts';

/** German of phrases, in which `#` stands for a figure: the German one has as many, in the same order. The longest phrase that fits is taken. */
const phrases: Readonly<Record<string, string>> = {
  // Titles
  '#:# recognition': '#:#-Erkennung',
  'Embedding R alone': 'Embedding R allein',
  'Embedding R and MobileFaceNet, cosines added': 'Embedding R und MobileFaceNet, Kosinus addiert',
  'Embedding A, cosine': 'Embedding A, Kosinus',
  'Passive liveness of one picture': 'Passive Lebenderkennung an einem Bild',
  'MiniFASNetV# alone': 'MiniFASNetV# allein',
  'Live sessions: prints, replays, changed pages':
    'Live-Sitzungen: Ausdrucke, Wiedergaben, veränderte Seiten',
  'Live sessions: animated photographs and films that fit each step':
    'Live-Sitzungen: animierte Fotos und Filme, die zu jedem Schritt passen',
  'Live sessions: people who pass': 'Live-Sitzungen: Personen, die bestehen',
  'Humanness score: does it mean what it says': 'Menschlichkeitswert: ob er hält, was er sagt',
  'One person once per scope, embedding R': 'Eine Person einmal je Bereich, Embedding R',
  'Human or bot: the behavior score': 'Mensch oder Programm: der Verhaltenswert',
  'Verifications a second': 'Verifikationen je Sekunde',
  'Behavior scores a second': 'Verhaltenswerte je Sekunde',

  // Words of several figures
  and: 'und',
  of: 'von',
  '[#, #]': '[#; #]',
  '# to #': '# bis #',
  '# % to # %': '# % bis # %',
  'on average': 'im Mittel',
  goal: 'Ziel',
  Measured: 'Gemessen',
  '# % interval': '#-%-Intervall',
  sessions: 'Sitzungen',
  session: 'Sitzung',
  people: 'Menschen',
  person: 'Mensch',

  // Recognition
  '# pictures of # people': '# Bilder von # Menschen',
  'all same-person and all cross pairs': 'alle Paare eines Menschen und alle Paare verschiedener',
  '# comparisons of one person, # of two': '# Vergleiche eines Menschen, # zweier verschiedener',
  'one picture a person': 'ein Bild je Mensch',
  'Comparisons of one person that match, by enrolled pictures and false-match rate.':
    'Vergleiche einer Person, die passen, je erfassten Bildern und Rate falscher Treffer.',
  picture: 'Bild',
  pictures: 'Bilder',
  '# in # in every group': '# von # in jeder Gruppe',
  '# in # on average': '# von # im Durchschnitt',
  extrapolated: 'extrapoliert',
  'Enrolled pictures, false-match rate': 'Erfasste Bilder, Rate falscher Treffer',
  Match: 'Passen',
  asian: 'asiatisch',
  black: 'schwarz',
  indian: 'indisch',
  white: 'weiß',

  // Presentation attacks
  'Replay-Attack stills (train and devel people; print, phone and tablet; one webcam)':
    'Standbilder aus Replay-Attack (Menschen aus train und devel; Ausdruck, Telefon und Tablet; eine Webcam)',
  '# attack and # live pictures of # people': '# Angriffsbilder und # lebende von # Menschen',
  'At the threshold of the product (APCER of # % over all kinds): shares by kind of attack.':
    'An der Schwelle des Produkts (APCER von # % über alle Arten): Anteile je Art von Angriff.',
  'At the product’s threshold': 'An der Schwelle des Produkts',
  Share: 'Anteil',
  'Photo on a tablet': 'Foto auf einem Tablet',
  'Video on a tablet': 'Video auf einem Tablet',
  'Photo on a phone': 'Foto auf einem Telefon',
  'Video on a phone': 'Video auf einem Telefon',
  'Printed photo': 'Ausgedrucktes Foto',
  'taken for live': 'für lebend gehalten',
  'live people refused': 'lebende Personen abgelehnt',

  // Live sessions
  '# trials; recordings of people in public data':
    '# Versuche; Aufnahmen von Menschen aus öffentlichen Daten',
  'Attacks that pass within three attempts, by kind, with the steps that the product draws.':
    'Angriffe, die in drei Versuchen bestehen, je Art, mit den Schritten, die das Produkt zieht.',
  'kinds of prints, replays and changed pages': 'Arten von Ausdrucken, Wiedergaben und veränderten Seiten',
  'kinds of animated photographs and of films that fit each step':
    'Arten von animierten Fotos und von passenden Filmen',
  'Kind of attack': 'Art des Angriffs',
  Steps: 'Schritte',
  'Trials (recordings)': 'Versuche (Aufnahmen)',
  Passed: 'Bestanden',
  'as the product draws': 'wie das Produkt sie zieht',
  'only steps that the attacker has on film': 'nur Schritte, die der Angreifer auf Film hat',
  'the same steps again': 'dieselben Schritte noch einmal',
  'print, held still': 'Ausdruck, still gehalten',
  'print, moved': 'Ausdruck, bewegt',
  'print, tilted': 'Ausdruck, gekippt',
  'print, bent': 'Ausdruck, gebogen',
  'print, bent otherwise': 'Ausdruck, anders gebogen',
  'print of a portrait, bent': 'Ausdruck eines Porträts, gebogen',
  'print with closed lids': 'Ausdruck mit geschlossenen Lidern',
  'print, turns alone asked for': 'Ausdruck, nur Drehungen verlangt',
  'filmed screen, moved': 'gefilmter Bildschirm, bewegt',
  'filmed screen, person turns': 'gefilmter Bildschirm, Person dreht sich',
  'old session, frames again': 'alte Sitzung, Bilder erneut',
  'old session, path without motion': 'alte Sitzung, Weg ohne Bewegung',
  'other sessions, without motion': 'andere Sitzungen, ohne Bewegung',
  'film on a screen': 'Film auf einem Bildschirm',
  'film on a screen that fits each step': 'Film auf einem Bildschirm, der zu jedem Schritt passt',
  'old session on a screen': 'alte Sitzung auf einem Bildschirm',
  'changed page, steps too early': 'veränderte Seite, Schritte zu früh',
  'changed page, wrong times': 'veränderte Seite, falsche Zeiten',
  'changed page, repeated frames': 'veränderte Seite, wiederholte Bilder',
  'animated photograph': 'animiertes Foto',
  'virtual camera, clips cut hard': 'virtuelle Kamera, Clips hart geschnitten',
  'virtual camera, clips spliced smoothly': 'virtuelle Kamera, Clips weich verbunden',
  'virtual camera, clips used before': 'virtuelle Kamera, schon benutzte Clips',
  'virtual camera, unlimited film': 'virtuelle Kamera, beliebig viel Film',
  'deepfake on a living person': 'Deepfake auf einer lebenden Person',
  '# recordings of people who turn their heads': '# Aufnahmen von Menschen, die den Kopf drehen',
  Recording: 'Aufnahme',
  Camera: 'Kamera',
  Sessions: 'Sitzungen',
  'Passed within #': 'Bestanden in # Versuchen',
  'First try': 'Im ersten Versuch',
  'Median seconds': 'Median in Sekunden',
  own: 'eigene',
  studio: 'Studio',
  '# people and # sources of attacks to choose the weights, # and # others to measure: # sessions and # attacks':
    'Für die Gewichte # Personen und # Quellen von Angriffen, zum Messen # und # andere: # Sitzungen und # Angriffe',
  'Held-out sessions': 'Zurückgehaltene Sitzungen',
  'Calibration error': 'Kalibrierfehler',
  'Brier score': 'Brier-Wert',
  all: 'alle',
  'that passed the challenge': 'mit bestandener Aufgabe',
  'all, by the liveness score alone': 'alle, nur nach dem Wert der Lebenderkennung',

  // Uniqueness
  '# members who come again, # strangers; thresholds of other people':
    '# Mitglieder, die wiederkommen, # Fremde; Schwellen von anderen Personen',
  'Members found at once, and strangers flagged, by the configured false-flag rate.':
    'Sofort gefundene Mitglieder und gemeldete Fremde, je eingestellter Rate falscher Treffer.',
  'found, rate': 'gefunden, Rate',
  'strangers flagged, rate': 'Fremde gemeldet, Rate',
  'Scorer, thresholds': 'Gesichtsvergleich, Schwellen',
  'False-flag rate': 'Rate falscher Treffer',
  'Found at once': 'Sofort gefunden',
  'Found in review': 'In der Nachprüfung gefunden',
  'Strangers flagged': 'Fremde gemeldet',
  'Strangers in review': 'Fremde in der Nachprüfung',
  shipped: 'ausgeliefert',
  'held out': 'zurückgehalten',

  // Behavior
  'Bots that drive a real Chromium, and people of public research data sets':
    'Bots, die ein echtes Chromium bedienen, und Menschen aus öffentlichen Datensätzen der Forschung',
  'Sessions noticed of a program that training has not seen, at # % false alarms among people it has not seen.':
    'Bemerkte Sitzungen eines Programms, das das Training nicht kannte, bei # % Fehlalarmen unter Menschen, die es nicht kannte.',
  Goal: 'Ziel',
  Verdict: 'Urteil',
  holds: 'erreicht',
  'in part': 'teilweise',
  missed: 'verfehlt',
  'none measured': 'nicht gemessen',
  'rules alone': 'nur Regeln',
  'rules and learned layer': 'Regeln und gelernte Schicht',
  'held-out': 'zurückgehalten',
  'held-out people': 'zurückgehaltene Menschen',
  'all people together': 'alle Menschen zusammen',
  Without: 'Ohne',
  'which are not on this machine': 'die nicht auf diesem Rechner sind',

  'Unadapted automation, rules alone, one window': 'Automatisierung ohne Tarnung, nur Regeln, ein Fenster',
  'is_agent in # % and more of at least # sessions each':
    'is_agent in mindestens # % von je mindestens # Sitzungen',
  'fewest of one bot': 'wenigste eines Bots',

  'Held-out people, half a minute with eight movements and more':
    'Zurückgehaltene Menschen, eine halbe Minute mit mindestens acht Bewegungen',
  'human=false # %, is_agent # %, score < # # % at most; all held-out people together; per set and worst person reported':
    'höchstens human=false # %, is_agent # %, Wert < # # %; alle zurückgehaltenen Menschen zusammen; je Datensatz und für den schlechtesten Menschen berichtet',
  'all sets': 'alle Datensätze',
  'found later': 'später gefunden',
  'score < #': 'Wert < #',

  'Humanised generators that training has seen, fresh Chromium sessions, one window':
    'Generatoren menschenähnlicher Bewegungen, die das Training kannte, neue Sitzungen in Chromium, ein Fenster',
  'human=false # % on average, none under # %': 'human=false # % im Mittel, keiner unter # %',
  'mean # %, worst': 'im Mittel # %, am schlechtesten',

  'A generator that training has never seen, real Chromium':
    'Ein Generator, den das Training nicht kannte, echtes Chromium',
  'AUC # and more each; TPR at FPR # % # % on average in one window, # % after four; of all sessions, and of the held-out ones alone':
    'je mindestens AUC #; TPR bei FPR # % im Mittel # % in einem Fenster, # % nach vier; von allen Sitzungen, und nur von den zurückgehaltenen',
  'held-out people under the # % of training people':
    'zurückgehaltene Menschen unter der #-%-Grenze der Menschen des Trainings',
  'all sessions': 'alle Sitzungen',
  'held-out sessions': 'zurückgehaltene Sitzungen',
  'worst AUC': 'schlechteste AUC',
  'mean TPR # % at the # % of training people':
    'mittlere TPR # % an der #-%-Grenze der Menschen des Trainings',
  '# % at # % of held-out people': '# % bei # % der zurückgehaltenen Menschen',
  'after four windows # % (# groups)': 'nach vier Fenstern # % (# Gruppen)',

  'People of a site that training has never seen': 'Menschen einer Website, die das Training nicht kannte',
  'FPR # % at most at the # % of the people of training together, # % after recalibration (mean over random halves of the people); with the people of all other sites in training (those of one site alone are shown)':
    'FPR höchstens # % an der #-%-Grenze aller Menschen des Trainings zusammen, # % nach neuer Kalibrierung (Mittel über zufällige Hälften der Menschen); mit den Menschen aller anderen Websites im Training (mit denen nur einer Website zum Vergleich)',
  to: 'auf',
  'under z#': 'unter z#',
  recalibrated: 'neu kalibriert',
  'first half to the other': 'erste Hälfte auf die andere',

  'Thin data': 'Wenige Daten',
  '# events: # (contracts decide); # click # to #; up to # s: # to # for # % of people, never is_agent without a hard rule, always insufficient_data':
    '# Ereignisse: # (die Verträge entscheiden); # Klick # bis #; bis # s: # bis # für # % der Menschen, nie is_agent ohne harte Regel, immer insufficient_data',
  'none #, empty #, one click #': 'nichts #, leer #, ein Klick #',
  inside: 'innerhalb',

  'Heartbeats of held-out people, and takeover by a bot of the zoo':
    'Herzschläge zurückgehaltener Menschen, und Übernahme durch einen Bot der Sammlung',
  'false anomaly in # % of beats and # % of sessions at most; takeover seen within two beats in # % (with the learned layer, as in bars # to #; rules alone reported)':
    'falsche Abweichung in höchstens # % der Herzschläge und # % der Sitzungen; Übernahme in # % binnen zwei Herzschlägen bemerkt (mit der gelernten Schicht, wie in den Zielen # bis #; nur mit Regeln berichtet)',
  beats: 'Herzschläge',
  'sets found later': 'später gefundene Datensätze',
  'takeovers within two beats': 'Übernahmen binnen zwei Herzschlägen bemerkt',

  'The rate of the recorder': 'Der Takt der Aufzeichnung',
  'human FPR of all people together moves by # point at most, up or down, at #, # and # ms, sets reported; bots at # to # Hz lose # points at most':
    'FPR aller Menschen zusammen ändert sich um höchstens # Punkt, auf oder ab, bei #, # und # ms, Datensätze berichtet; Bots bei # bis # Hz verlieren höchstens # Punkte',
  'all people together move by # % at most (those of one set by # %), bots fall # % at most':
    'alle Menschen zusammen ändern sich um höchstens # % (die eines Datensatzes um # %), Bots fallen um höchstens # %',

  'Rules of typing': 'Regeln für das Tippen',
  '# false in # and more blocks of # human keys; type, constant delay and uniform delay caught: all simulated ones, and in Chromium every type and more than the # to # of # constant delays of BEHAVIOR.md':
    '# falsche in mindestens # Blöcken von # menschlichen Tasten; type, feste und gleichverteilte Verzögerung bemerkt: alle simulierten, und in Chromium jedes type und mehr als die # bis # von # festen Verzögerungen aus BEHAVIOR.md',
  'of an earlier run': 'aus einem früheren Lauf',
  'by its rules': 'nach dessen Regeln',
  'people with a number up to #': 'Menschen mit einer Nummer bis #',
  'the two people of before': 'die zwei Menschen von zuvor',
  'other sets': 'andere Datensätze',
  'blocks apart of # people': 'einzelner Blöcke von # Menschen',
  'people with a false alarm in a block or half-minute':
    'Menschen mit einem Fehlalarm in einem Block oder einer halben Minute',
  'of # held-out people of other sets': 'von # zurückgehaltenen Menschen anderer Datensätze',
  simulated: 'simuliert',
  'no delay at all': 'ganz ohne Verzögerung',
  'constant delay': 'feste Verzögerung',
  'uniform delay, keys not held': 'gleichverteilte Verzögerung, Tasten nicht gehalten',
  'uniform hold and gap': 'gleichverteiltes Halten und Warten',

  Replay: 'Wiedergabe',
  'a replayed person passes (documented, expected: # % and more of either kind, with both layers); the same vector twice is replayed_vector in # %':
    'ein wiedergegebener Mensch besteht (dokumentiert, erwartet: mindestens # % jeder Art, mit beiden Schichten); derselbe Vektor zweimal ist in # % replayed_vector',
  'same vector under another session': 'derselbe Vektor unter einer anderen Sitzung',
  'at its first sight': 'beim ersten Mal',
  '# of # windows have no fingerprint and are not recognized':
    '# von # Fenstern haben keinen Fingerabdruck und werden nicht wiedererkannt',
  'passes as human': 'besteht als Mensch',

  Cost: 'Aufwand',
  '# ms CPU per # events, also with the work ahead in idle moments, snapshot # ms, body # KB, server # ms at most':
    'höchstens # ms CPU je # Ereignisse, auch mit der Vorarbeit in ruhigen Momenten, Momentaufnahme # ms, Anfrage # KB, Server # ms',
  'in Chromium # ms for # events net of dispatch (# with it)':
    'in Chromium # ms für # Ereignisse ohne ihre Zustellung (# mit ihr)',
  'events and snapshots in Chromium not measured: no Chromium here':
    'Ereignisse und Momentaufnahmen in Chromium nicht gemessen: kein Chromium vorhanden',
  'with the work ahead in idle moments': 'mit der Vorarbeit in ruhigen Momenten',
  snapshot: 'Momentaufnahme',
  'first of a page': 'erste einer Seite',
  'body # B (most #), server': 'Anfrage # B (größte #), Server',

  'No timing of events in the model': 'Keine Zeiten von Ereignissen im Modell',
  'no such feature in the model; a model of timing alone is reported as the control of the artefact':
    'kein solches Merkmal im Modell; ein Modell nur aus Zeiten wird als Kontrolle des Artefakts berichtet',
  '# features, # of them not in the list of shapes; control':
    '# Merkmale, # davon nicht in der Liste der Formen; Kontrolle',
  'webbot people and bots of the zoo': 'Menschen aus webbot und Bots der Sammlung',
  'balabit people and bots of the zoo': 'Menschen aus balabit und Bots der Sammlung',
  'bots as played, under the # % of people': 'Bots wie gespielt, unter der #-%-Grenze der Menschen',
  'the same bots at # Hz': 'dieselben Bots bei # Hz',

  // Speed
  'Windows of features, each new, one API key': 'Fenster mit Merkmalen, jedes neu, ein API-Schlüssel',
  'One picture': 'Ein Bild',
  Milliseconds: 'Millisekunden',
  '# of # within': '# von # binnen',
  'Times the speed of Human': 'Geschwindigkeit als Vielfaches von Human',
  ours: 'Gatehouse',
  'R alone': 'nur R',
  'with PAD': 'mit Angriffserkennung',
  'Callers at once': 'Gleichzeitige Aufrufer',
  'Answered a second': 'Beantwortet je Sekunde',
  'Half within ms': 'Hälfte binnen ms',
  '# of # within ms': '# von # binnen ms',
};

/** Names and words that German has too. A name with a digit, `_` or `=` needs no entry. */
const names = new Set(
  [
    'a A M r R rm s ms µs Hz B AUC FPR TPR in Test commit',
    'LFW deepfunneled View faces-groups faces-lfw human face-api Chromium Node',
    'webbot balabit sapimouse captcha aalto bbmas-desktop fpd-alvin neuroqwerty-controls neuroqwerty-parkinson dev',
    'ease bezier windmouse ghost minimum-jerk adaptive certh-moderate certh-advanced steps',
    'type delay replay replay-warped',
  ].flatMap((line) => line.split(' ')),
);

const wordSign = String.raw`[\p{L}\p{N}#_=’'-]`;
const wordOrPhrase = new RegExp(
  [
    ...Object.keys(phrases)
      .toSorted((one, other) => other.length - one.length)
      .map((phrase) => `${phrase.replaceAll(/[()[\].]/g, String.raw`\$&`)}(?!${wordSign})`),
    `${wordSign}+`,
  ].join('|'),
  'gu',
);

/** Throws where a word has no German: a new measurement that says more needs a phrase here. */
export function germanOf(english: string): string {
  const figures = english.match(/\d+(?:[.,]\d+)*/g) ?? [];
  const german = english.replaceAll(/\d+(?:[.,]\d+)*/g, '#').replaceAll(wordOrPhrase, (part) => {
    const words = phrases[part];
    if (words !== undefined) return words;
    if (/[#_=]/.test(part) || names.has(part) || !/\p{L}/u.test(part)) return part;
    throw new Error(`No German for “${part}” in “${english}”: see test/accuracy/evidence/german-words.ts.`);
  });
  return inGerman(german.replaceAll('#', () => figures.shift()!));
}

/** A claim whose sentences are written in both languages, and the rest in English. */
export type Claim = Omit<PublishedFigure, 'german'> & {
  german: Pick<PublishedFigure['german'], 'claim' | 'limits'>;
};

export const wholeGerman = (claim: Claim): PublishedFigure => {
  const { title, data, commit, machine, chart, table, german } = claim;
  return {
    ...claim,
    german: {
      title: germanOf(title),
      claim: german.claim,
      data: germanOf(data),
      commit: commit.replace(/ with changes$/, ' mit Änderungen'),
      machine: machine
        .replace(/ cores(?=,)/, ' Kerne')
        .replace(/\(family (\d+), model (\d+)\)/, '(Familie $1, Modell $2)'),
      ...(chart && {
        chart: {
          finding: germanOf(chart.finding),
          ...(chart.goal && { goal: { ...chart.goal, label: germanOf(chart.goal.label) } }),
          bars: chart.bars.map((bar) => ({ ...bar, label: germanOf(bar.label) })),
        },
      }),
      table: { head: table.head.map(germanOf), rows: table.rows.map((row) => row.map(germanOf)) },
      limits: german.limits,
    },
  };
};
