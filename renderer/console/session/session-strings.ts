import { defineStrings } from '../../ui/strings/define-strings.ts';

export const sessionStrings = defineStrings(
  {
    proveTitle: 'Confirm that it is you',
    proveText: 'This needs your passkey, proven within the last five minutes.',
    provePasskey: 'Use passkey',
    proveFailed: 'The passkey was not used',
    proveFailedText: 'Nothing was changed. Try again, or cancel.',
    passkeysNoNameTitle: 'Passkeys do not work at this address',
    passkeysNoNameText:
      'You opened Gatehouse by its IP address, {host}. A passkey belongs to a name: open the console by the name of the box.',
    passkeysNoneTitle: 'This browser offers no passkeys here',
    passkeysNoneText:
      'Passkeys work only where the browser trusts the certificate of the box. Open {host} over HTTPS, and trust its certificate first.',
  },
  {
    proveTitle: 'Bestätigen Sie, dass Sie es sind',
    proveText: 'Dafür wird Ihr Passkey gebraucht, verwendet in den letzten fünf Minuten.',
    provePasskey: 'Passkey verwenden',
    proveFailed: 'Der Passkey wurde nicht verwendet',
    proveFailedText: 'Es wurde nichts geändert. Versuchen Sie es noch einmal, oder brechen Sie ab.',
    passkeysNoNameTitle: 'Passkeys funktionieren unter dieser Adresse nicht',
    passkeysNoNameText:
      'Sie haben Gatehouse über die IP-Adresse {host} geöffnet. Ein Passkey gehört zu einem Namen: Öffnen Sie die Konsole über den Namen des Geräts.',
    passkeysNoneTitle: 'Dieser Browser bietet hier keine Passkeys an',
    passkeysNoneText:
      'Passkeys funktionieren nur, wo der Browser dem Zertifikat des Geräts vertraut. Öffnen Sie {host} über HTTPS und vertrauen Sie zuerst seinem Zertifikat.',
  },
);
