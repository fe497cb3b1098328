import { z } from 'zod';
import { checkNames, ProfileDefinition, qualityComponents } from '../engine/matching/index.ts';
import { allowedValues, type JsonSchema, table } from './fields.ts';

/** Every field under its dotted path; a record's keys are one path with `<name>`. */
function fieldsOf(schema: JsonSchema, path: string[] = [], required = true): string[][] {
  const own =
    path.length === 0
      ? []
      : [[`\`${path.join('.')}\``, allowedValues(schema), required ? 'yes' : '', schema.description ?? '']];
  const inner = Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
    fieldsOf(field, [...path, name], (schema.required ?? []).includes(name)),
  );
  const values = schema.additionalProperties;
  const record =
    typeof values === 'object' && values.properties ? fieldsOf(values, [...path, '<check>']) : [];
  return [...own, ...inner, ...record.slice(record.length > 0 ? 1 : 0)];
}

/** `docs/PROFILES.md`, from the schema that profiles are checked with. */
export function profilesPage(): string {
  const schema = z.toJSONSchema(ProfileDefinition, { io: 'input' }) as JsonSchema;
  return `<!-- Generated from service/engine/matching/profiles/profile.ts by "npm run generate". -->

# Profiles

A profile says which checks a verification runs and how strict they are. A caller names one by \`profile\`; without, \`default\` holds. Change one by writing its next version; every
verification keeps the version it ran under. The built-in ones are listed in the [README](../README.md#choose-profiles).

\`\`\`sh
gatehouse profile show strict-finance --json > mine.json
gatehouse profile set our-counter mine.json
gatehouse profile show our-counter
gatehouse org set --profiles our-counter        # callers may name this one alone
\`\`\`

${table(['field', 'allowed', 'required', 'meaning'], fieldsOf(schema))}

The checks are ${checkNames.map((name) => `\`${name}\``).join(', ')}. \`refuseQuality\` takes ${qualityComponents.map((name) => `\`${name}\``).join(', ')}.

A new definition has a rule for every check. A profile stored by an earlier release runs without the checks that came later, until its next version enables them; what a release does not
know of a stored profile it leaves out, with a line in the log.
`;
}
