import { expect, test } from 'vitest';
import { personWindow } from '../../../test/support/behavior-windows.ts';
import { SessionData } from './session-data.ts';

test.each(['', 'a'.repeat(15), 'a'.repeat(65), 'white space in the id', 'a+b/c='.repeat(3)])(
  'the id of a session %j is refused, with what it must be',
  (sid) => {
    const { error } = SessionData.safeParse({ ...personWindow(), sid });
    expect(error!.issues).toMatchObject([
      { path: ['sid'], message: 'It must be 16 to 64 characters of base64url: letters, digits, - and _.' },
    ]);
  },
);
