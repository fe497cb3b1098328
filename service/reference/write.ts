import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { profilesPage, settingsPage } from './pages.ts';

const docs = new URL('../../docs/', import.meta.url);
await writeFile(fileURLToPath(new URL('SETTINGS.md', docs)), settingsPage());
await writeFile(fileURLToPath(new URL('PROFILES.md', docs)), profilesPage());
