// `npm run dev:console`: the development server of the pages for a browser, without the desktop app.
import { parseArgs } from 'node:util';
import { resolveConfig } from 'electron-vite';
import { createServer } from 'vite';

const { values } = parseArgs({ options: { port: { type: 'string', default: '5173' } } });
const { config } = await resolveConfig({ ignoreConfigWarning: true }, 'serve');
const server = await createServer({ ...config?.renderer, server: { port: Number(values.port) } });
await server.listen();
server.printUrls();
server.bindCLIShortcuts({ print: true });
