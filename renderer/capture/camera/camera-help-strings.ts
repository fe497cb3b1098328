import { defineStrings } from '../../ui/strings/define-strings.ts';

/** What the camera of kiosks and the console says beside its instructions; the capture page has words of its own. */
export const cameraHelpStrings = defineStrings(
  {
    askingTitle: 'Allow the camera',
    askingText:
      'The browser asks whether this page may use the camera. The picture stays on this device and the box.',
    refusedTitle: 'The camera is blocked',
    refusedText:
      'Choose the settings icon at the left of the address, open Permissions and allow the camera. Then try again.',
    missingTitle: 'No camera was found',
    missingText: 'Connect a camera, or use another device. Then try again.',
    busyTitle: 'The camera is in use',
    busyText: 'Close the program that uses the camera, such as a video call. Then try again.',
    insecureTitle: 'The camera does not work at this address',
    insecureText:
      'Browsers give the camera only to pages that came over HTTPS. Open this page by its https:// address.',
    offlineTitle: 'Gatehouse does not answer',
    offlineText:
      'No picture can be checked at the moment. Look whether the box is on and this device is in its network.',
    tryAgain: 'Try again',
    needs: 'What the camera needs',
    light: 'Light',
    distance: 'Distance',
    pose: 'Facing the camera',
    eyes: 'Eyes open',
    inOrder: 'in order',
    toDo: 'not yet',
    picture: 'Picture {number} of {total}',
    picturesTaken: { one: '{count} picture taken', other: '{count} pictures taken' },
    device: 'Camera',
    unnamedDevice: 'Camera {number}',
  },
  {
    askingTitle: 'Kamera erlauben',
    askingText:
      'Der Browser fragt, ob diese Seite die Kamera benutzen darf. Das Bild bleibt auf diesem Gerät und im eigenen Netz.',
    refusedTitle: 'Die Kamera ist gesperrt',
    refusedText:
      'Wählen Sie das Symbol links neben der Adresse, öffnen Sie die Berechtigungen und erlauben Sie die Kamera. Dann noch einmal versuchen.',
    missingTitle: 'Keine Kamera gefunden',
    missingText:
      'Schließen Sie eine Kamera an oder nehmen Sie ein anderes Gerät. Dann noch einmal versuchen.',
    busyTitle: 'Die Kamera ist belegt',
    busyText:
      'Schließen Sie das Programm, das die Kamera benutzt, etwa ein Videogespräch. Dann noch einmal versuchen.',
    insecureTitle: 'Unter dieser Adresse geht die Kamera nicht',
    insecureText:
      'Browser geben die Kamera nur Seiten, die über HTTPS kamen. Öffnen Sie diese Seite mit ihrer Adresse https://.',
    offlineTitle: 'Gatehouse antwortet nicht',
    offlineText:
      'Gerade kann kein Bild geprüft werden. Prüfen Sie, ob das Gerät läuft und dieser Bildschirm in seinem Netz ist.',
    tryAgain: 'Noch einmal versuchen',
    needs: 'Was die Kamera braucht',
    light: 'Licht',
    distance: 'Abstand',
    pose: 'Blick zur Kamera',
    eyes: 'Augen offen',
    inOrder: 'in Ordnung',
    toDo: 'noch nicht',
    picture: 'Bild {number} von {total}',
    picturesTaken: { one: '{count} Bild aufgenommen', other: '{count} Bilder aufgenommen' },
    device: 'Kamera',
    unnamedDevice: 'Kamera {number}',
  },
);
