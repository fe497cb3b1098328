import type { AdministratorId, OrganizationId } from '../../../../lib/id.ts';
import { Problem } from '../../../../lib/problem.ts';

/** A picture, and frames after it in which the person blinks. */
export interface FacePictures {
  picture: Uint8Array;
  frames: readonly Uint8Array[];
  /** Of each frame, on the clock of the client, ms. */
  frameTimes: readonly number[];
  signal?: AbortSignal;
}

/** One living face. */
export interface LivingFace {
  /** Of the picture, by embedder. */
  embeddings: Record<string, Float32Array>;
  /** SHA-256 of the files of these models. */
  files: Record<string, string>;
  /** SHA-256 of the pixels of the picture and of each frame. */
  pixelHashes: string[];
}

/** Looks at the face of an administrator (engine/verification). */
export interface FaceJudge {
  /**
   * Throws PAD_NOT_INSTALLED without presentation attack detection, whatever the organization allows elsewhere; INVALID_REQUEST for too
   * few frames, or without their times; CHECK_FAILED for what does not seem to be one living person, and where no blink is seen; and what
   * refuses a picture.
   */
  analyze(
    who: { organization: OrganizationId; administrator: AdministratorId },
    pictures: FacePictures,
  ): Promise<LivingFace>;
  /** 1:1. Undefined where other models made the one. */
  isSame(one: LivingFace, other: LivingFace): boolean | undefined;
}

/** As it is sealed: the embeddings and the files of their models. */
export const encodeFace = ({ embeddings, files }: LivingFace): Uint8Array =>
  new TextEncoder().encode(
    JSON.stringify({
      files,
      vectors: Object.fromEntries(
        Object.entries(embeddings).map(([id, vector]) => [
          id,
          Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64'),
        ]),
      ),
    }),
  );

export function decodeFace(plain: Uint8Array): LivingFace {
  const { files, vectors } = JSON.parse(new TextDecoder().decode(plain)) as {
    files: Record<string, string>;
    vectors: Record<string, string>;
  };
  const embeddings = Object.entries(vectors).map(([id, text]) => [
    id,
    new Float32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer),
  ]);
  return { files, embeddings: Object.fromEntries(embeddings), pixelHashes: [] };
}

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
