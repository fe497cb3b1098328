import { replyOf, toUploadForm } from '../../../sdk/admin/client.ts';
import type { Control } from '../control/control.ts';
import type { Organization } from '../organization.ts';
import { readPicture } from '../picture-file.ts';

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
