import { defineStrings } from '../../ui/strings/define-strings.ts';
import type { Schemas } from '../api/admin.ts';

/** Checks and reasons in words; the overview, a person's history and the profiles use them too. */
export const reasonStrings = defineStrings(
  {
    liveness: 'Liveness',
    frameConsistency: 'Frame consistency',
    impossibleTravel: 'Impossible travel',
    embeddingHistory: 'Embedding history',
    deviceConsistency: 'Device consistency',
    geoFence: 'Place',
    timeRestriction: 'Hours',
    faceQuality: 'Face quality',
    NOT_RECOGNIZED: 'The face matches no enrolled person well enough',
    BELOW_MINIMUM: 'The checks together stay below the minimum',
    CHECK_FAILED: 'A check refused',
    REPLAYED_PICTURE: 'The picture is identical to an enrolled one',
    FACE_NOT_FOUND: 'No face was found in the picture',
    SEVERAL_FACES: 'Several faces are in the picture',
    FACE_TOO_SMALL: 'The face is too small',
    FACE_QUALITY_REFUSED: 'The picture is not clear enough',
    'CHECK_FAILED.liveness': 'The picture looks like a photograph or a screen',
    'CHECK_FAILED.frameConsistency': 'The frames do not show one and the same face',
    'CHECK_FAILED.impossibleTravel': 'The last verified location is too far away',
    'CHECK_FAILED.embeddingHistory': 'The face is unlike earlier verified pictures',
    'CHECK_FAILED.deviceConsistency': 'The device was not used before',
    'CHECK_FAILED.geoFence': 'The place is not allowed',
    'CHECK_FAILED.timeRestriction': 'It was outside the allowed hours',
    'CHECK_FAILED.faceQuality': 'The picture is not clear enough',
    verifiedText: 'Verified: the face matches and no check refused',
    passed: 'It passed',
    'skipped.notRecognized': 'The person was not recognized',
    'skipped.noDevice': 'Nothing was sent about the device',
    'skipped.noCountries': 'The profile names no countries',
    'skipped.noCountry': 'No country is known: send a location, or add a site for the network',
    'skipped.noLocation': 'No location was sent, and no site has the address of the caller',
    'skipped.firstLocation': 'No earlier verified location of this person is known',
    'skipped.future': 'The last verification lies in the future: the clock was moved back',
    'skipped.noLiveness': 'No attack detection ran: test world, match only, or none installed',
    'skipped.noHours': 'The profile names no hours',
    'skipped.noZone':
      'No time zone is known: name one in the profile, send one, or add a site for the network',
    'skipped.wrongZone': 'The time zone that was sent is not an IANA name',
    'skipped.onePicture': 'Two pictures or more are needed',
    'skipped.unknown': 'Not enough was known',
  },
  {
    liveness: 'Lebendigkeit',
    frameConsistency: 'Einheit der Bilder',
    impossibleTravel: 'Unmögliche Reise',
    embeddingHistory: 'Frühere Bilder',
    deviceConsistency: 'Gerät',
    geoFence: 'Ort',
    timeRestriction: 'Uhrzeit',
    faceQuality: 'Bildqualität',
    NOT_RECOGNIZED: 'Das Gesicht passt zu keiner erfassten Person gut genug',
    BELOW_MINIMUM: 'Die Prüfungen zusammen bleiben unter dem Minimum',
    CHECK_FAILED: 'Eine Prüfung hat abgelehnt',
    REPLAYED_PICTURE: 'Genau das erfasste Bild wurde noch einmal geschickt',
    FACE_NOT_FOUND: 'Im Bild wurde kein Gesicht gefunden',
    SEVERAL_FACES: 'Im Bild sind mehrere Gesichter',
    FACE_TOO_SMALL: 'Das Gesicht ist zu klein',
    FACE_QUALITY_REFUSED: 'Das Bild ist nicht deutlich genug',
    'CHECK_FAILED.liveness': 'Das Bild sieht aus wie ein Foto oder ein Bildschirm',
    'CHECK_FAILED.frameConsistency': 'Die Bilder zeigen nicht ein und dasselbe Gesicht',
    'CHECK_FAILED.impossibleTravel': 'Der zuletzt bestätigte Ort ist zu weit weg',
    'CHECK_FAILED.embeddingHistory': 'Das Gesicht gleicht den früheren bestätigten Bildern nicht',
    'CHECK_FAILED.deviceConsistency': 'Das Gerät wurde vorher nicht benutzt',
    'CHECK_FAILED.geoFence': 'Der Ort ist nicht erlaubt',
    'CHECK_FAILED.timeRestriction': 'Es war außerhalb der erlaubten Zeiten',
    'CHECK_FAILED.faceQuality': 'Das Bild ist nicht deutlich genug',
    verifiedText: 'Bestätigt: das Gesicht passt, und keine Prüfung hat abgelehnt',
    passed: 'Bestanden',
    'skipped.notRecognized': 'Die Person wurde nicht erkannt',
    'skipped.noDevice': 'Über das Gerät wurde nichts gesendet',
    'skipped.noCountries': 'Das Profil nennt keine Länder',
    'skipped.noCountry':
      'Kein Land ist bekannt: Senden Sie einen Ort, oder legen Sie einen Standort für das Netz an',
    'skipped.noLocation': 'Kein Ort wurde gesendet, und kein Standort hat die Adresse des Aufrufers',
    'skipped.firstLocation': 'Kein früherer bestätigter Ort dieser Person ist bekannt',
    'skipped.future': 'Die letzte Verifikation liegt in der Zukunft: Die Uhr wurde zurückgestellt',
    'skipped.noLiveness': 'Keine Angriffserkennung lief: Testwelt, nur Abgleich, oder keine installiert',
    'skipped.noHours': 'Das Profil nennt keine Zeiten',
    'skipped.noZone':
      'Keine Zeitzone ist bekannt: Nennen Sie eine im Profil, senden Sie eine, oder legen Sie einen Standort für das Netz an',
    'skipped.wrongZone': 'Die gesendete Zeitzone ist kein IANA-Name',
    'skipped.onePicture': 'Zwei Bilder oder mehr sind nötig',
    'skipped.unknown': 'Es war nicht genug bekannt',
  },
);

export type CheckName = Schemas['PastCheck']['check'];
export type Reason = NonNullable<Schemas['PastVerification']['reason']>;

/** In the order in which lists and filters show them. */
export const checkNames: readonly CheckName[] = [
  'liveness',
  'frameConsistency',
  'impossibleTravel',
  'embeddingHistory',
  'deviceConsistency',
  'geoFence',
  'timeRestriction',
  'faceQuality',
];
export const reasons: readonly Reason[] = [
  'NOT_RECOGNIZED',
  'CHECK_FAILED',
  'BELOW_MINIMUM',
  'REPLAYED_PICTURE',
  'FACE_NOT_FOUND',
  'SEVERAL_FACES',
  'FACE_TOO_SMALL',
  'FACE_QUALITY_REFUSED',
];

/** The string of how a verification ended. */
export function reasonKey(
  reason: Reason | undefined,
  decidedBy: CheckName | undefined,
): keyof (typeof reasonStrings)['en'] {
  if (reason === undefined) return 'verifiedText';
  return reason === 'CHECK_FAILED' && decidedBy !== undefined ? `CHECK_FAILED.${decidedBy}` : reason;
}
