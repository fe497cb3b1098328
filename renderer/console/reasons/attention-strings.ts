import { defineStrings } from '../../ui/strings/define-strings.ts';

/** What needs a person, by its code: `CODE` what there is, `CODE.do` what to do. */
export const attentionStrings = defineStrings(
  {
    STORAGE_FULL: 'The disk of the data directory is full',
    'STORAGE_FULL.do': 'Free space on it. Until then nothing is written.',
    STORAGE_UNAVAILABLE: 'The database cannot be used',
    'STORAGE_UNAVAILABLE.do': 'Look at the log, and at the database server where there is one.',
    NOT_READY: 'No picture can be judged',
    'NOT_READY.do': 'The log says why; “gatehouse doctor” checks the box.',
    MODEL_DAMAGED: 'Files of models are missing or changed, and are not used: {models}',
    'MODEL_DAMAGED.do': 'Import them again, or remove them.',
    LIVENESS_NOT_INSTALLED: 'The liveness models are off: a photograph of a person passes as the person',
    LIVENESS_REFUSES: 'Live verifications are refused: the liveness models are off',
    'LIVENESS_NOT_INSTALLED.do': 'Switch them on.',
    MATCH_ONLY: 'The organization matches faces only: a photograph of a person verifies as the person',
    'MATCH_ONLY.do': 'Require liveness in the settings.',
    PEOPLE_UNREACHABLE: {
      one: '{count} person is enrolled and cannot be recognized: another model made the templates, or the key is gone',
      other:
        '{count} people are enrolled and cannot be recognized: another model made their templates, or their keys are gone',
    },
    'PEOPLE_UNREACHABLE.do': 'Install the model again with which they were enrolled, or enroll them again.',
    SLOWER_PROVIDER: 'Models run on the processor instead of a GPU or what is configured',
    'SLOWER_PROVIDER.do':
      'Look at the driver of the GPU and start the service again, or set “providers” to “cpu”.',
    LENIENT_PROFILES: 'A profile verifies where liveness failed',
    'LENIENT_PROFILES.do': 'Make the check liveness a hard one in that profile.',
    BACKUP_TROUBLE: {
      one: 'A backup failed, is overdue or would not restore',
      other: '{count} backups failed, are overdue or would not restore',
    },
    'BACKUP_TROUBLE.do': 'Backups says which. Make one now, and look at where it should go.',
    KEY_COPY_BEHIND: '{behind} of {places} copies of the key store are not up to date',
    'KEY_COPY_BEHIND.do': 'Connect their media; “gatehouse keystore sync” writes them again.',
    NO_KEY_COPY: 'The key store has no copy: without it no backup opens',
    'NO_KEY_COPY.do': 'Add a folder on other media: “gatehouse keystore add DIR”.',
    ROWS_ALTERED: 'Another program wrote or changed rows of the database, which are not used: {count}',
    'ROWS_ALTERED.do':
      'Find out who writes to the database; “gatehouse audit verify” names each row and what to do.',
    SWEEP_WAITS: 'Retention waits for an operator, who has to confirm the clock or a sweep',
    'SWEEP_WAITS.do': 'An operator looks at it on the box: “gatehouse retention waiting”.',
    NO_TLS:
      'Pictures and keys cross the network unencrypted: the service listens beyond this machine without TLS',
    'NO_TLS.do': 'Give it a name and a certificate.',
    CERTIFICATE_ENDED: 'The TLS certificate has ended',
    CERTIFICATE_ENDS: {
      one: 'The TLS certificate ends in {count} day',
      other: 'The TLS certificate ends in {count} days',
    },
    'CERTIFICATE_ENDS.do': 'Renew it; the new one is served without a restart.',
    'CERTIFICATE_ENDS.own': 'The box should have renewed it: look at the log.',
    GALLERY_TOO_LARGE:
      '{safePeople} people can be searched at the error rate {rate} {heldFor} with thresholds that were measured; {people} are enrolled',
    GALLERY_NEARLY_TOO_LARGE:
      '{people} people are enrolled, of {safePeople} that can be searched at the error rate {rate} {heldFor} with measured thresholds',
    'GALLERY_TOO_LARGE.do':
      'Accept a higher error rate in the profile, verify with an e-mail address, or divide the people.',
    CONSENT_NOT_ATTESTED: 'No real person can be enrolled: the organization has not said on what consent',
    'CONSENT_NOT_ATTESTED.do': 'Write down the consent text and its version.',
    SETUP_UNFINISHED: 'The setup of the box is not finished',
    'SETUP_UNFINISHED.do': 'Left: {steps}.',
    ALERT_OPEN: 'Alert “{name}”: {value}, where {threshold} is the limit',
    MORE_ALERTS: 'Further alerts are not acknowledged',
    'ALERT_OPEN.do': 'Look at it, and acknowledge it.',
    APPROVALS_WAIT: {
      one: '{count} request waits for a second administrator',
      other: '{count} requests wait for a second administrator',
    },
    'APPROVALS_WAIT.do': 'Confirm or decline them. Each ends 24 hours after it was made.',
    REVIEWS_WAIT: {
      one: '{count} pair of similar faces waits for a reviewer',
      other: '{count} pairs of similar faces wait for a reviewer',
    },
    'REVIEWS_WAIT.do': 'Compare them, and decide. Undecided ones are erased 30 days after they came.',
    SESSIONS_WAIT: {
      one: '{count} live session was passed without movements and waits for you',
      other: '{count} live sessions were passed without movements and wait for you',
    },
    'SESSIONS_WAIT.do': 'See or call the person, and decide. Undecided ones are rejected after 73 hours.',
    'step-name': 'name and certificate',
    'step-factor': 'second factor',
    'step-attack-detection': 'attack detection',
    'step-consent': 'consent',
    'step-destinations': 'what may leave the box',
    'step-keys': 'keys',
  },
  {
    STORAGE_FULL: 'Der Datenträger des Datenverzeichnisses ist voll',
    'STORAGE_FULL.do': 'Schaffen Sie dort Platz. Bis dahin wird nichts geschrieben.',
    STORAGE_UNAVAILABLE: 'Die Datenbank ist nicht benutzbar',
    'STORAGE_UNAVAILABLE.do': 'Sehen Sie im Log nach, und beim Datenbankserver, wo es einen gibt.',
    NOT_READY: 'Kein Bild kann beurteilt werden',
    'NOT_READY.do': 'Das Log sagt, warum; „gatehouse doctor“ prüft das Gerät.',
    MODEL_DAMAGED: 'Dateien von Modellen fehlen oder sind verändert und werden nicht benutzt: {models}',
    'MODEL_DAMAGED.do': 'Importieren Sie sie noch einmal oder entfernen Sie sie.',
    LIVENESS_NOT_INSTALLED:
      'Die Modelle für Lebendigkeit sind aus: Ein Foto einer Person wird nicht von der Person unterschieden',
    LIVENESS_REFUSES: 'Echte Prüfungen werden abgelehnt: Die Modelle für Lebendigkeit sind aus',
    'LIVENESS_NOT_INSTALLED.do': 'Schalten Sie sie ein.',
    MATCH_ONLY: 'Die Organisation vergleicht nur Gesichter: Ein Foto einer Person gilt als die Person',
    'MATCH_ONLY.do': 'Verlangen Sie Lebendigkeit in den Einstellungen.',
    PEOPLE_UNREACHABLE: {
      one: '{count} Person ist erfasst und kann nicht erkannt werden: Ein anderes Modell hat die Templates erzeugt, oder der Schlüssel fehlt',
      other:
        '{count} Personen sind erfasst und können nicht erkannt werden: Ein anderes Modell hat ihre Templates erzeugt, oder ihre Schlüssel fehlen',
    },
    'PEOPLE_UNREACHABLE.do': 'Installieren Sie wieder das Modell der Erfassung, oder erfassen Sie sie neu.',
    SLOWER_PROVIDER: 'Modelle laufen auf dem Prozessor statt auf einer GPU oder dem, was eingestellt ist',
    'SLOWER_PROVIDER.do':
      'Sehen Sie nach dem Treiber der GPU und starten Sie den Dienst neu, oder setzen Sie „providers“ auf „cpu“.',
    LENIENT_PROFILES: 'Ein Profil bestätigt, wo die Lebendigkeit durchgefallen ist',
    'LENIENT_PROFILES.do': 'Machen Sie die Prüfung der Lebendigkeit in diesem Profil zwingend.',
    BACKUP_TROUBLE: {
      one: 'Eine Sicherung ist misslungen, überfällig oder nicht wiederherstellbar',
      other: '{count} Sicherungen sind misslungen, überfällig oder nicht wiederherstellbar',
    },
    'BACKUP_TROUBLE.do':
      'Unter Sicherungen steht, welche. Sichern Sie jetzt, und sehen Sie nach, wohin gesichert werden soll.',
    KEY_COPY_BEHIND: '{behind} von {places} Kopien des Schlüsselspeichers sind nicht aktuell',
    'KEY_COPY_BEHIND.do': 'Verbinden Sie ihre Medien; „gatehouse keystore sync“ schreibt sie neu.',
    NO_KEY_COPY: 'Der Schlüsselspeicher hat keine Kopie: Ohne ihn lässt sich keine Sicherung öffnen',
    'NO_KEY_COPY.do': 'Fügen Sie einen Ordner auf anderen Medien hinzu: „gatehouse keystore add DIR“.',
    ROWS_ALTERED:
      'Ein anderes Programm hat Zeilen der Datenbank geschrieben oder geändert, die nicht benutzt werden: {count}',
    'ROWS_ALTERED.do':
      'Finden Sie heraus, wer in die Datenbank schreibt; „gatehouse audit verify“ nennt jede Zeile und was zu tun ist.',
    SWEEP_WAITS: 'Das Löschen nach Fristen wartet auf einen Operator, der die Uhr oder einen Lauf bestätigt',
    'SWEEP_WAITS.do': 'Ein Operator sieht am Gerät nach: „gatehouse retention waiting“.',
    NO_TLS:
      'Bilder und Schlüssel gehen unverschlüsselt durchs Netz: Der Dienst lauscht ohne TLS über diesen Rechner hinaus',
    'NO_TLS.do': 'Geben Sie ihm einen Namen und ein Zertifikat.',
    CERTIFICATE_ENDED: 'Das TLS-Zertifikat ist abgelaufen',
    CERTIFICATE_ENDS: {
      one: 'Das TLS-Zertifikat läuft in {count} Tag ab',
      other: 'Das TLS-Zertifikat läuft in {count} Tagen ab',
    },
    'CERTIFICATE_ENDS.do': 'Erneuern Sie es; das neue gilt ohne Neustart.',
    'CERTIFICATE_ENDS.own': 'Das Gerät hätte es erneuern sollen: Sehen Sie im Log nach.',
    GALLERY_TOO_LARGE:
      '{safePeople} Personen können mit gemessenen Schwellen bei der Fehlerrate {rate} {heldFor} durchsucht werden; {people} sind erfasst',
    GALLERY_NEARLY_TOO_LARGE:
      '{people} Personen sind erfasst, von {safePeople}, die bei der Fehlerrate {rate} {heldFor} mit gemessenen Schwellen durchsucht werden können',
    'GALLERY_TOO_LARGE.do':
      'Lassen Sie im Profil eine höhere Fehlerrate zu, prüfen Sie mit E-Mail-Adresse, oder teilen Sie die Personen auf.',
    CONSENT_NOT_ATTESTED:
      'Keine echte Person kann erfasst werden: Die Organisation hat nicht gesagt, mit welcher Einwilligung',
    'CONSENT_NOT_ATTESTED.do': 'Halten Sie den Einwilligungstext und seine Version fest.',
    SETUP_UNFINISHED: 'Die Einrichtung des Geräts ist nicht abgeschlossen',
    'SETUP_UNFINISHED.do': 'Es fehlen: {steps}.',
    ALERT_OPEN: 'Alarm „{name}“: {value}, die Grenze ist {threshold}',
    MORE_ALERTS: 'Weitere Alarme sind nicht bestätigt',
    'ALERT_OPEN.do': 'Sehen Sie nach, und bestätigen Sie ihn.',
    APPROVALS_WAIT: {
      one: '{count} Anfrage wartet auf einen zweiten Verwalter',
      other: '{count} Anfragen warten auf einen zweiten Verwalter',
    },
    'APPROVALS_WAIT.do':
      'Bestätigen Sie sie, oder lehnen Sie sie ab. Jede endet 24 Stunden, nachdem sie gestellt wurde.',
    REVIEWS_WAIT: {
      one: '{count} Paar ähnlicher Gesichter wartet auf eine Entscheidung',
      other: '{count} Paare ähnlicher Gesichter warten auf eine Entscheidung',
    },
    'REVIEWS_WAIT.do':
      'Vergleichen Sie sie, und entscheiden Sie. Was 30 Tage nach dem Eintreffen offen ist, wird gelöscht.',
    SESSIONS_WAIT: {
      one: '{count} Live-Sitzung wurde ohne Bewegungen bestanden und wartet auf Sie',
      other: '{count} Live-Sitzungen wurden ohne Bewegungen bestanden und warten auf Sie',
    },
    'SESSIONS_WAIT.do':
      'Sehen Sie die Person, oder rufen Sie sie an, und entscheiden Sie. Was nach 73 Stunden offen ist, wird abgelehnt.',
    'step-name': 'Name und Zertifikat',
    'step-factor': 'zweiter Faktor',
    'step-attack-detection': 'Angriffserkennung',
    'step-consent': 'Einwilligung',
    'step-destinations': 'was das Gerät verlassen darf',
    'step-keys': 'Schlüssel',
  },
);
