import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { kioskOpenApiDocument } from '../server/openapi.ts';
import { profilesPage } from './profiles-page.ts';
import { settingsPage } from './settings-page.ts';

const root = new URL('../../', import.meta.url);
const write = (path: string, text: string) => writeFile(fileURLToPath(new URL(path, root)), text);
await write('docs/SETTINGS.md', settingsPage());
await write('docs/PROFILES.md', profilesPage());
await write('sdk/kiosk/openapi.json', `${JSON.stringify(await kioskOpenApiDocument(), null, 2)}\n`);
