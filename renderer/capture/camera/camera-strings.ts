import { defineStrings } from '../../ui/strings/define-strings.ts';

/** What is said to the person in front of the camera: at most five words for an instruction. */
export const cameraStrings = defineStrings(
  {
    preview: 'Your camera picture, mirrored',
    wait: 'One moment',
    FACE_NOT_FOUND: 'Look into the camera',
    SEVERAL_FACES: 'One person at a time',
    TOO_FAR: 'Move closer',
    TOO_CLOSE: 'Move back a little',
    NO_MARGIN: 'Bring your face into the oval',
    TOO_DARK: 'Find more light',
    TOO_BRIGHT: 'Step out of bright light',
    UNDER_EXPOSED: 'Turn towards the light',
    OVER_EXPOSED: 'Avoid strong light',
    NOT_FRONTAL: 'Face the camera',
    EYES_CLOSED: 'Open your eyes',
    BLURRED: 'Hold still',
    hold: 'Hold still',
    taken: 'Picture taken',
    allTaken: 'All pictures taken',
    lit: 'The screen is bright now to light your face.',
    restart: 'Start the camera again',
    unreadableTitle: 'This browser hides the picture of the camera',
    unreadableText:
      'A protection against tracking gives pages noise instead of pictures (resistFingerprinting, as in Tor Browser and LibreWolf). Allow this page to read pictures (canvas), at the start of the address, then start the camera again; or use another browser or device.',
    blackTitle: 'The camera gives a black picture',
    blackText:
      'Open the slide or cover before the lens, press the camera key of the keyboard, or switch on the light. Or choose another camera.',
    coveredTitle: 'Something covers the camera',
    coveredText:
      'Nothing can be made out in its picture. Uncover and wipe the lens, or choose another camera.',
    frozenTitle: 'The picture of the camera stands still',
    frozenText:
      'Start the camera again, or unplug it and plug it in. Close other programs that use it, or choose another camera.',
    infraredTitle: 'The camera gives no colors',
    infraredText:
      'It is an infrared camera, or it is set to black and white. Choose the other camera of the device. In the dark, switch on the light.',
    virtualTitle: 'A program stands in for the camera',
    virtualText: 'Choose the camera of the device itself: pictures that a program makes may not be accepted.',
    tooFew: 'The camera gave too few pictures. Take them again.',
    faceOval:
      'Bring your face into the oval, in good light, and look into the camera. Blink once when you are asked to.',
    blink: 'Blink once',
  },
  {
    preview: 'Ihr Kamerabild, gespiegelt',
    wait: 'Einen Moment',
    FACE_NOT_FOUND: 'In die Kamera schauen',
    SEVERAL_FACES: 'Nur eine Person bitte',
    TOO_FAR: 'Näher kommen',
    TOO_CLOSE: 'Etwas zurückgehen',
    NO_MARGIN: 'Gesicht ins Oval bringen',
    TOO_DARK: 'Mehr Licht suchen',
    TOO_BRIGHT: 'Aus dem hellen Licht gehen',
    UNDER_EXPOSED: 'Zum Licht drehen',
    OVER_EXPOSED: 'Starkes Licht meiden',
    NOT_FRONTAL: 'Gerade zur Kamera schauen',
    EYES_CLOSED: 'Augen öffnen',
    BLURRED: 'Stillhalten',
    hold: 'Stillhalten',
    taken: 'Bild aufgenommen',
    allTaken: 'Alle Bilder aufgenommen',
    lit: 'Der Bildschirm ist jetzt hell, um Ihr Gesicht zu beleuchten.',
    restart: 'Kamera neu starten',
    unreadableTitle: 'Dieser Browser verbirgt das Kamerabild',
    unreadableText:
      'Ein Schutz vor Verfolgung gibt Seiten Rauschen statt Bildern (resistFingerprinting, etwa im Tor-Browser und in LibreWolf). Erlauben Sie dieser Seite am Anfang der Adresse, Bilder (Canvas) zu lesen, und starten Sie die Kamera neu; oder nehmen Sie einen anderen Browser oder ein anderes Gerät.',
    blackTitle: 'Die Kamera gibt ein schwarzes Bild',
    blackText:
      'Öffnen Sie den Schieber oder die Abdeckung vor der Linse, drücken Sie die Kamerataste der Tastatur, oder machen Sie Licht. Oder wählen Sie eine andere Kamera.',
    coveredTitle: 'Etwas verdeckt die Kamera',
    coveredText:
      'In ihrem Bild ist nichts zu erkennen. Machen Sie die Linse frei und wischen Sie sie ab, oder wählen Sie eine andere Kamera.',
    frozenTitle: 'Das Bild der Kamera steht still',
    frozenText:
      'Starten Sie die Kamera neu, oder stecken Sie sie aus und wieder ein. Schließen Sie andere Programme, die sie benutzen, oder wählen Sie eine andere Kamera.',
    infraredTitle: 'Die Kamera gibt keine Farben',
    infraredText:
      'Sie ist eine Infrarotkamera oder auf Schwarzweiß gestellt. Wählen Sie die andere Kamera des Geräts. Im Dunkeln: Machen Sie Licht.',
    virtualTitle: 'Ein Programm vertritt die Kamera',
    virtualText:
      'Wählen Sie die Kamera des Geräts selbst: Bilder, die ein Programm macht, werden vielleicht nicht angenommen.',
    tooFew: 'Die Kamera gab zu wenige Bilder. Nehmen Sie sie noch einmal auf.',
    faceOval:
      'Bringen Sie Ihr Gesicht bei gutem Licht ins Oval, und schauen Sie in die Kamera. Blinzeln Sie einmal, wenn Sie dazu aufgefordert werden.',
    blink: 'Einmal blinzeln',
  },
);
