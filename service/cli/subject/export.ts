import { replyOf, streamOf } from '../../../sdk/admin/client.ts';
import { UsageError } from '../failure.ts';
import { toggle, value } from '../flag.ts';
import { intoNewFile } from '../into-new-file.ts';
import { work } from '../operation-command.ts';
import { userPath } from '../user-path.ts';

export const exportSubject = work({
  on: 'world',
  args: { person: value('<person>', 'id or e-mail address; a person who was erased by id') },
  about:
    'everything held about a person as one JSON document, or as a PDF for people (GDPR Art. 15 and 20) (audited)',
  options: {
    out: value('<file>', 'into a new file that only this account reads'),
    pdf: value('<file>', 'as a PDF instead, into a new file that only this account reads'),
    withTemplates: toggle('include the vectors, with which faces can be compared'),
    withInternal: toggle(
      'include the reasons of legal holds, which the law may require to withhold from the person',
    ),
  },
  examples: [
    'subject export ada@example.com --out ada.json',
    'subject export ada@example.com --pdf ada.pdf',
    'subject export sub_01… --with-templates --json',
  ],
  async run({ person: id = '', out, pdf, withTemplates, withInternal }, { realm }) {
    if (out !== undefined && pdf !== undefined)
      throw new UsageError('Give one of --out and --pdf: a run writes one file.');
    if (pdf !== undefined && withTemplates)
      throw new UsageError('--with-templates: a PDF has no vectors. Write them as JSON with --out FILE.');
    const paramsOf = async () => {
      const { open, query } = await realm();
      const flags = {
        withTemplates: withTemplates ? 'true' : 'false',
        withInternal: withInternal ? 'true' : 'false',
      } as const;
      return { open, path: { id }, query: { ...query, ...flags } };
    };
    const written = (file: string) => ({
      json: { file: userPath(file) },
      text: `Everything held about ${id} is in ${userPath(file)}.`,
    });
    if (pdf !== undefined) {
      const print = async () => {
        const { open, path, query } = await paramsOf();
        const params = { path, query: { ...query, format: 'pdf' as const } };
        const parts = streamOf(
          open.admin.GET('/api/admin/subjects/{id}/export', { params, parseAs: 'stream' }),
        );
        const chunks: Uint8Array[] = [];
        for await (const part of parts) chunks.push(part);
        return Buffer.concat(chunks);
      };
      await intoNewFile(pdf, print, { flag: '--pdf' });
      return written(pdf);
    }
    const record = await intoNewFile(out, async () => {
      const { open, ...params } = await paramsOf();
      return replyOf(open.admin.GET('/api/admin/subjects/{id}/export', { params }));
    });
    return out === undefined ? { json: record, text: JSON.stringify(record, null, 2) } : written(out);
  },
});
