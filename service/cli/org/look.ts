import type { Command } from 'commander';
import { replyOf, toUploadForm } from '../../../sdk/admin/client.ts';
import type { Control } from '../control/control.ts';
import type { Organization } from '../organization.ts';
import { readPicture } from '../picture-file.ts';

export const withLook = (command: Command): Command =>
  command
    .option(
      '--logo <file>',
      'what people see who are verified: PNG, JPEG or WebP of at most 64 kB, or - for standard input; none removes it',
    )
    .option(
      '--color <color>',
      'shown with the first letter of its name where there is no logo: #1f4e3d; or none',
    );

/** Of `--logo`: a file, `-`, or `none`. */
export async function setLogo(
  { admin }: Pick<Control, 'admin'>,
  file: string,
  query: { organization: string },
): Promise<void> {
  if (file === 'none') {
    await replyOf(admin.DELETE('/api/admin/organization/logo', { params: { query } }));
    return;
  }
  const bytes = await readPicture(file);
  await replyOf(
    admin.PUT('/api/admin/organization/logo', {
      params: { query },
      body: { request: {}, file: new Blob([new Uint8Array(bytes)]) },
      bodySerializer: toUploadForm,
    }),
  );
}

export const readColor = (text: string | undefined): string | null | undefined =>
  text === 'none' ? null : text;

export const describeLogo = ({ logo }: Organization): string =>
  logo === undefined ? 'none' : `${logo.width} by ${logo.height} pixels`;
