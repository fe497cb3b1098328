import type { FastifyInstance } from 'fastify';
import { administratorOfRequest } from '../../http/authentication.ts';
import { decodePicture } from '../../http/bodies/base64-picture.ts';
import { answerSignIn, fromOf, requireCookieOrigin } from './answer-sign-in.ts';
import { type AuthDeps, actorOf, own, ownWithFreshFactor } from './auth-deps.ts';
import { fromFace, fromTokenByPasskey } from './translate.ts';
import { FaceEnrollment, FaceSignIn, Nothing } from './wire.ts';
import { DoneReply, FaceReply, PasskeySignInReply } from './wire-replies.ts';

const tags = ['sign-in'];
const url = '/api/auth/2fa/face';
/** Decoded. */
const MOST_PICTURE = 1024 * 1024;
const MOST_FRAME = 256 * 1024;
/** A picture and the frames, as base64. */
const BODY = 6 * 1024 * 1024;
const refuses = [
  ...(['FACE_REFUSED', 'CHECK_FAILED', 'PAD_NOT_INSTALLED', 'MODEL_NOT_INSTALLED'] as const),
  ...(['FACE_NOT_FOUND', 'SEVERAL_FACES', 'FACE_TOO_SMALL', 'FACE_QUALITY_REFUSED'] as const),
  ...(['IMAGE_UNREADABLE', 'IMAGE_TOO_LARGE', 'IMAGE_FORMAT_UNSUPPORTED', 'OVERLOADED', 'TIMEOUT'] as const),
];

/** identity.txt, "Proof 2FA": off until the organization allows it. */
export function faceRoutes(app: FastifyInstance, deps: AuthDeps): void {
  const { administrators } = deps;

  app.post(
    url,
    {
      bodyLimit: BODY,
      config: {
        access: 'public',
        refuses: [...refuses, 'SIGN_IN_REFUSED', 'SIGN_IN_DELAYED', 'CSRF_REFUSED'],
      },
      schema: {
        operationId: 'finishSignInByFace',
        summary: 'Finish signing in with the face',
        description:
          'After sign-in answered `requires_2fa` with `methods.face`. Needs at least 20 frames beside the picture, about ten a second, with their times; presentation attack detection; a blink in the frames; and pictures that were not used before. The session has no fresh second factor: what needs one asks for a passkey. Off until the organization allows it; a passkey is always enrolled beside it.',
        tags,
        body: FaceSignIn,
        response: { 200: PasskeySignInReply },
      },
    },
    async (request, reply) => {
      const { sessionToken, cookie, ...given } = request.body;
      requireCookieOrigin(request, cookie);
      const pictures = await toPictures(given);
      const opened = await administrators.finishWithFace(sessionToken, pictures, fromOf(request));
      const answer = await answerSignIn(deps, reply, opened, cookie, fromTokenByPasskey);
      return { success: true as const, ...answer };
    },
  );

  app.get(
    url,
    {
      config: { access: own },
      schema: {
        operationId: 'getOwnFace',
        summary: 'Show whether your face is enrolled',
        description:
          'With the consent text to show before an enrollment, and whether the organization allows one.',
        tags,
        response: { 200: FaceReply },
      },
    },
    async (request) => fromFace(await administrators.faceOf(administratorOfRequest(request).administrator)),
  );

  app.put(
    url,
    {
      bodyLimit: BODY,
      config: { access: ownWithFreshFactor, refuses: [...refuses, 'CONFLICT'] },
      schema: {
        operationId: 'enrollOwnFace',
        summary: 'Enroll your face as a second factor',
        description:
          'Needs the explicit consent of the administrator, a passkey, and a fresh second factor. Only a sealed template and checksums of the pictures are kept; another enrollment takes its place.',
        tags,
        body: FaceEnrollment,
        response: { 200: DoneReply },
      },
    },
    async (request) => {
      const { administrator } = administratorOfRequest(request);
      const pictures = await toPictures(request.body);
      await administrators.addFace(administrator, pictures, request.body.textVersion, actorOf(request));
      return { success: true as const, message: 'Face enrolled' };
    },
  );

  app.delete(
    url,
    {
      config: { access: own, refuses: ['NOT_FOUND'] },
      schema: {
        operationId: 'removeOwnFace',
        summary: 'Remove your face',
        description:
          'Withdraws the consent: the template is deleted. Possible without a fresh second factor.',
        tags,
        body: Nothing,
        response: { 200: DoneReply },
      },
    },
    async (request) => {
      const { administrator } = administratorOfRequest(request);
      await administrators.removeFace(administrator, actorOf(request));
      return { success: true as const, message: 'Face removed' };
    },
  );
}

async function toPictures({
  image,
  frames,
  frameTimes = [],
}: Pick<FaceSignIn, 'image' | 'frames' | 'frameTimes'>) {
  const decoded: Uint8Array[] = [];
  for (const [i, frame] of (frames ?? []).entries())
    decoded.push(await decodePicture(frame, `frames.${i}`, MOST_FRAME));
  return { picture: await decodePicture(image, 'image', MOST_PICTURE), frames: decoded, frameTimes };
}
