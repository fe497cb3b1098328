import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { createBridge } from './bridge.ts';
import { readSettings } from './settings.ts';

try {
  const settings = readSettings(process.env);
  serveStdio(() => createBridge(settings));
} catch (error) {
  // The protocol has stdout; agents show stderr in their log.
  console.error(`gatehouse-mcp: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
}
