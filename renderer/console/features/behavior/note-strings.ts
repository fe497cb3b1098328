import { defineStrings } from '../../../ui/strings/define-strings.ts';

/** What the notes and signals of a verdict say (docs/BEHAVIOR.md). */
export const noteStrings = defineStrings(
  {
    webdriver: 'The browser says that a program controls it',
    declared: 'A declared agent signed the request',
    replayed_vector: 'The same measurements were sent before',
    impossible_signals: 'The measurements contradict each other',
    bot_typing: 'Keys held for less than 20 ms',
    metronome_typing: 'Keys at constant intervals',
    relay_typing: 'Each key right after the release of the one before',
    constant_velocity: 'Movements in equal steps',
    centre_clicks: 'Presses in the exact middle',
    untrusted_events: 'Events that a script made',
    input_without_keys: 'Text that no key brought',
    machine_pace: 'Presses in the middle, faster than any aid',
    emulated_view: 'The size of the page is a debugger’s',
    teleport_clicks: 'Presses to which no movement led',
    instant_press: 'Presses released at once',
    screenshot_loop: 'Single presses after long pauses',
    organic_mouse: 'Movements as a person makes them',
    synthetic_mouse: 'Movements as programs make them',
    synthetic_session: 'Several windows together move like a program',
    organic_typing: 'Typing as a person types',
    touch_only: 'Touch alone: not validated',
    keyboard_only: 'Keyboard alone',
    assistive: 'As assistive technology does it: no agent',
    thin: 'Little was measured',
    insufficient_data: 'Not enough was measured',
    rules_only: 'Judged by the rules alone',
    changed_rhythm: 'Another typing rhythm than before',
  },
  {
    webdriver: 'Der Browser sagt, dass ein Programm ihn steuert',
    declared: 'Ein erklärter Agent hat die Anfrage signiert',
    replayed_vector: 'Dieselben Messwerte kamen schon einmal',
    impossible_signals: 'Die Messwerte widersprechen einander',
    bot_typing: 'Tasten kürzer als 20 ms gehalten',
    metronome_typing: 'Tasten in gleichen Abständen',
    relay_typing: 'Jede Taste sofort nach dem Loslassen der vorigen',
    constant_velocity: 'Bewegungen in gleichen Schritten',
    centre_clicks: 'Klicks genau in die Mitte',
    untrusted_events: 'Ereignisse, die ein Skript erzeugt hat',
    input_without_keys: 'Text ohne Tastendruck',
    machine_pace: 'Klicks in die Mitte, schneller als jede Hilfstechnik',
    emulated_view: 'Die Größe der Seite ist die eines Debuggers',
    teleport_clicks: 'Klicks, zu denen keine Bewegung führte',
    instant_press: 'Klicks, die sofort enden',
    screenshot_loop: 'Einzelne Klicks nach langen Pausen',
    organic_mouse: 'Bewegungen wie von einem Menschen',
    synthetic_mouse: 'Bewegungen wie von einem Programm',
    synthetic_session: 'Mehrere Abschnitte zusammen bewegen sich wie ein Programm',
    organic_typing: 'Tippen wie von einem Menschen',
    touch_only: 'Nur Berührung: nicht geprüft',
    keyboard_only: 'Nur Tastatur',
    assistive: 'Wie eine Hilfstechnik: kein Agent',
    thin: 'Wenig wurde gemessen',
    insufficient_data: 'Zu wenig wurde gemessen',
    rules_only: 'Nur nach den Regeln beurteilt',
    changed_rhythm: 'Anderer Tipprhythmus als zuvor',
  },
);

type NoteKey = keyof (typeof noteStrings)['en'];

/** Undefined: a note of a newer service. */
export const noteKey = (note: string): NoteKey | undefined =>
  note in noteStrings.en ? (note as NoteKey) : undefined;
