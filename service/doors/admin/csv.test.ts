import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { type ControlAdmin, openControlAdmin } from '../../../test/support/control-admin.ts';
import { type Engine, operator, startEngine } from '../../../test/support/engine.ts';
import { direction } from '../../../test/support/faces.ts';
import type { AuditLine } from '../../engine/audit/index.ts';
import { columnsOf, csvOf } from './csv.ts';
import { siteRoutes } from './organizations.ts';
import { subjectRoutes } from './subjects.ts';

const Item = z.strictObject({
  id: z.string(),
  note: z.string().optional(),
  score: z.number().optional(),
  profile: z.strictObject({ slug: z.string() }).optional(),
  scopes: z.array(z.string()).optional(),
});

async function csvFor(items: z.output<typeof Item>[], columns?: string): Promise<string> {
  async function* pages() {
    yield items;
  }
  const lines: string[] = [];
  for await (const line of csvOf(columnsOf(Item, columns), pages())) lines.push(line);
  return lines.join('');
}

test('a CSV has the asked columns under their headings, or all fields', async () => {
  const items = [{ id: 'a', score: 0.5, profile: { slug: 'default' }, scopes: ['identity', 'admin'] }];
  expect(await csvFor(items, 'id=Kennung&profile.slug=Profil&score=Gr%C3%B6%C3%9Fe&scopes=Rechte')).toBe(
    '\uFEFFKennung,Profil,Größe,Rechte\r\na,default,0.5,"identity, admin"\r\n',
  );
  expect(await csvFor(items)).toBe(
    '\uFEFFid,note,score,profile,scopes\r\na,,0.5,"{""slug"":""default""}","identity, admin"\r\n',
  );
  expect(await csvFor([])).toBe('\uFEFFid,note,score,profile,scopes\r\n');
});

test.each([
  ['=1+1', "'=1+1"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  [' =1', "' =1"],
  ['\t=1', "'\t'=1"],
  ['\r=1', "'\r'=1"],
  ['＝1', "'＝1"],
  ['Ada;=1+1;x', "Ada;'=1+1;x"],
  ['Ada; "=1', `Ada;' ""=1`],
  ['Ada\n@x', "Ada\n'@x"],
  [`${' '.repeat(40)}=1`, `'${' '.repeat(40)}=1`],
  [`Ada;${' "'.repeat(20)}=1`, `Ada;'${' ""'.repeat(20)}=1`],
  ['a-b; c=d', 'a-b; c=d'],
])('%j stays a text', async (note, expected) => {
  const [, cell] = /^[^\n]*\r\n(?:x,)(.*)\r\n$/s.exec(await csvFor([{ id: 'x', note }], 'id=A&note=B'))!;
  expect(cell!.replace(/^"(.*)"$/s, '$1')).toBe(expected);
});

test('headings of the caller cannot be formulas, and texts with commas, quotes and breaks are one cell', async () => {
  expect(await csvFor([{ id: 'a,"b"\nc' }], `id=${encodeURIComponent('=cmd()')}`)).toBe(
    `\uFEFF'=cmd()\r\n"a,""b""\nc"\r\n`,
  );
});

test.each(['constructor=x', 'note.length=x', 'nope=x', 'profile.nope=x', '__proto__=x'])(
  'the column %s is refused with the names of the others',
  (columns) => {
    expect(() => columnsOf(Item, columns)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
  },
);

let engine: Engine;
let control: ControlAdmin;
let lines: AuditLine[];
beforeEach(async () => {
  engine = await startEngine();
  lines = [];
  const auditLog = { record: async (line: AuditLine) => void lines.push(line) };
  control = await openControlAdmin(engine, { auditLog }, [siteRoutes, subjectRoutes]);
});
afterEach(async () => {
  await control.close();
  await engine.stop();
});

const get = (path: string) =>
  control.fetch(
    new Request(`http://box/api/admin${path}&organization=${engine.organization}`, {
      headers: { 'x-gatehouse-operator': 'ada' },
    }),
  );
const enroll = (email: string) =>
  engine.subjects.enroll(
    { organization: engine.organization, world: 'test' },
    { email, name: `=${email}`, embeddings: { 'a-net': direction(email) }, quality: 1 },
    operator,
  );

test('a list as CSV has every page of exactly what is filtered, and the log says so', async () => {
  for (let i = 0; i < 205; i++) await enroll(`p${i}@x.org`);
  await enroll('other@y.org');
  const answer = await get('/subjects.csv?env=test&columns=email%3DE-mail%26name%3DName');
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
  expect(answer.headers.get('content-disposition')).toBe('attachment; filename="subjects.csv"');
  const rows = (await answer.text()).split('\r\n');
  expect(rows[0]).toBe('E-mail,Name');
  expect(rows).toHaveLength(1 + 206 + 1);
  expect(rows[1]).toBe("other@y.org,'=other@y.org");
  expect(lines).toEqual([
    {
      actor: expect.objectContaining({ is: 'operator', name: 'ada' }),
      action: 'list.export',
      organization: engine.organization,
      request: expect.any(String),
      details: { list: 'listSubjects', world: 'test' },
    },
  ]);
  const found = await get('/subjects.csv?env=test&search=other%40y.org&columns=email%3DE');
  expect(await found.text()).toBe('E\r\nother@y.org\r\n');
  expect(await (await get('/subjects.csv?env=live&columns=email%3DE')).text()).toBe('E\r\n');
});

test('a refusal comes before the first line, and a list without people leaves none in the log', async () => {
  expect((await get('/subjects.csv?env=test&columns=nope%3DX')).status).toBe(400);
  expect((await get('/subjects.csv?env=test&nope=1')).status).toBe(400);
  expect((await get('/subjects.csv?env=test&cursor=x')).status).toBe(400);
  const verifications = await get('/verifications.csv?env=test&profile=nosuch');
  expect([verifications.status, await verifications.json()]).toEqual([
    404,
    expect.objectContaining({ code: 'NOT_FOUND' }),
  ]);
  expect(await (await get('/sites.csv?columns=name%3DName')).text()).toBe('Name\r\n');
  expect(lines).toEqual([]);
});
