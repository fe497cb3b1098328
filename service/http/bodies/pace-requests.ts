import type { FastifyInstance } from 'fastify';
import type { ProblemCode } from '../../lib/problem.ts';
import { meteredAs } from '../authentication.ts';
import { type BodyPace, REFUSED_PICTURE_BYTES } from './body-pace.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** How fast the bodies of one caller are read. */
    bodyPace: BodyPace;
  }
}

/** Refusals of a picture before faces are searched in it. */
const refusedPictures: ReadonlySet<ProblemCode> = new Set([
  'IMAGE_FORMAT_UNSUPPORTED',
  'IMAGE_TOO_LARGE',
  'IMAGE_UNREADABLE',
]);

/**
 * A caller with a credential that is ahead of its pace waits before its body is read, whatever the media type; a picture refused before its faces
 * are searched counts as REFUSED_PICTURE_BYTES.
 */
export function paceRequests(app: FastifyInstance, pace: BodyPace): void {
  app.decorate('bodyPace', pace);
  app.addHook('onRequest', ({ caller }, _, done) => {
    const pause = caller ? pace.took(meteredAs(caller), 0) : undefined;
    if (pause) pause.then(() => done(), done);
    else done();
  });
  app.addHook('onResponse', ({ caller, problem }, _, done) => {
    if (caller && problem && refusedPictures.has(problem))
      pace.charge(meteredAs(caller), REFUSED_PICTURE_BYTES);
    done();
  });
}
