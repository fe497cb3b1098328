import { z } from 'zod';
import { Config, environment } from '../config.ts';
import { allowedValues, type JsonSchema, table } from './fields.ts';

const flags: Partial<Record<string, string>> = {
  data: '--data',
  host: '--host',
  hostName: '--host-name',
  port: '--port',
  httpPort: '--http-port',
  tlsCert: '--tls-cert',
  tlsKey: '--tls-key',
  insecureHttp: '--insecure-http',
  allowedHosts: '--allowed-hosts',
  databaseUrl: '--database-url',
  keysDatabaseUrl: '--keys-database-url',
  nodes: '--nodes',
  nodeName: '--node-name',
  nodeAddress: '--node-address',
  masterKeyFile: '--master-key-file',
  passphraseFile: '--passphrase-file',
  workers: '--workers',
  providers: '--providers',
  logLevel: '--log-level',
};

/** `docs/SETTINGS.md`, from the schema that settings are parsed with. */
export function settingsPage(): string {
  const schema = z.toJSONSchema(Config, { io: 'input' }) as JsonSchema;
  const variables = new Map(Object.entries(environment).map(([name, { key }]) => [key as string, name]));
  const rows = Object.entries(schema.properties ?? {}).map(([name, field]) => [
    `\`${name}\``,
    variables.has(name) ? `\`${variables.get(name)}\`` : '',
    flags[name] === undefined ? '' : `\`${flags[name]}\``,
    field.type === 'object'
      ? Object.keys(field.properties ?? {})
          .map((key) => `\`${key}\``)
          .join(', ')
      : allowedValues(field),
    field.default === undefined ? '' : `\`${JSON.stringify(field.default)}\``,
    field.description ?? '',
  ]);
  return `<!-- Generated from service/config.ts by "npm run generate". -->

# Settings

For operators. A setting is a flag of \`serve\` and \`start\`, a variable in the environment, a field of the file that \`GATEHOUSE_SETTINGS\` names (the packages: \`/etc/gatehouse/gatehouse.json\`),
or a field of \`gatehouse.json\` in the data directory, which the assistant writes too; the first of these wins. An
unknown name or a value that is not allowed stops the start with a sentence that names the setting. In the environment a list is separated by commas. Settings of an
organization (\`gatehouse org set\`), limits (\`gatehouse limits set\`) and [profiles](PROFILES.md) are kept in the database.

\`\`\`json
{ "host": "0.0.0.0", "port": 443, "hostName": "gatehouse.home.arpa", "trustedProxies": ["10.0.0.5"] }
\`\`\`

${table(['setting', 'environment', 'flag', 'allowed', 'default', 'meaning'], rows)}
`;
}
