import { Problem } from '../../../lib/problem.ts';

/** Version of these texts; a changed text needs a new version. */
const VERSION = 'gatehouse-face-factor-1';

/** What an administrator agrees to, in both languages, one paragraph each. */
export interface FaceConsent {
  version: string;
  text: Record<'en' | 'de', string[]>;
}

const texts = {
  en: [
    '{organization} lets you confirm a sign-in with your face, after your password. You decide freely: your passkey stays, and you have no disadvantage without a face.',
    'Now, and at each sign-in by face, the camera takes pictures. Gatehouse, a box in the network of {organization}, makes a template of your face from them (biometric data) and compares it with yours alone. The pictures are judged and deleted at once.',
    'The template is kept encrypted, with checksums of the pictures, until you remove it, {organization} switches this off, or your account ends. A backup of the box keeps what it had when it was made, until the backup is deleted.',
    'You can take your consent back at any time under Security: the template is deleted at once.',
  ],
  de: [
    'Bei {organization} können Sie eine Anmeldung nach dem Passwort mit Ihrem Gesicht bestätigen. Sie entscheiden frei: Ihr Passkey bleibt, und ohne Gesicht haben Sie keinen Nachteil.',
    'Jetzt und bei jeder Anmeldung mit dem Gesicht nimmt die Kamera Bilder auf. Gatehouse, ein Gerät im Netz von {organization}, bildet daraus ein Template Ihres Gesichts (biometrische Daten) und vergleicht es nur mit Ihrem. Die Bilder werden beurteilt und sofort gelöscht.',
    'Das Template wird verschlüsselt aufbewahrt, mit Prüfsummen der Bilder, bis Sie es entfernen, {organization} diese Anmeldung abschaltet oder Ihr Konto endet. Eine Sicherung des Geräts behält ihren Stand, bis sie gelöscht wird.',
    'Sie können Ihre Einwilligung jederzeit unter Sicherheit widerrufen: Das Template wird sofort gelöscht.',
  ],
} as const;

export function faceConsent(organization: string): FaceConsent {
  const named = (lines: readonly string[]) =>
    lines.map((line) => line.replaceAll('{organization}', () => organization));
  return { version: VERSION, text: { en: named(texts.en), de: named(texts.de) } };
}

/** Throws CONFLICT for a text that is not the present one: the person read another. */
export function requirePresentText(version: string): void {
  if (version === VERSION) return;
  throw new Problem(
    'CONFLICT',
    'The consent text has changed: read it again (GET /api/auth/2fa/face) and send its version as textVersion.',
  );
}
