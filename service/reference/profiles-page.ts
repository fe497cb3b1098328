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

For administrators. A profile says which checks a verification runs and how strict they are. A caller names one by \`profile\`; without, \`default\` holds. Change one by writing its next version; every
verification keeps the version it ran under.

\`\`\`sh
gatehouse profile list
gatehouse profile show strict-finance --json | jq '.definition.name = "Our counter"' > mine.json
gatehouse profile set our-counter mine.json
gatehouse profile show our-counter
\`\`\`

This makes a profile of the organization, a copy under a name of its own; change more fields in \`mine.json\` before the second command. \`jq\` is a package of every Linux; an editor does as well.

Callers may now name it beside the others. To allow it alone, which refuses every other profile to every caller (undo: \`gatehouse org set --all-profiles\`):

\`\`\`sh
gatehouse org set --profiles our-counter
\`\`\`

## The built-in profiles

A verification names a profile (\`default\` when it does not). A profile sets **error rates, not scores**: a 1:1 false-match rate (\`default\`:
1 in 1,000 in every measured group) and a 1:N false-identification rate over the whole gallery (\`default\`: 1 %); thresholds follow from the measured calibration and,
for 1:N, from how many people are enrolled; a search is never laxer than a 1:1 verification. Every reply has the false non-match rate of that threshold (\`fnmr\`) and says whether it lies
beyond the measured range (\`extrapolated\`). From 30 people on the organization's own gallery is compared with the calibration, and thresholds are raised where its people are more
alike than the tables say; \`gatehouse org calibrate\` measures now, \`profile show\`, \`doctor\` and \`/health\` show the result ([decision 21](decisions/0021-own-galleries-raise-thresholds.md)).

| profile | maturity | for |
| --- | --- | --- |
| \`default\` | proven | everyday verification; refuses below a live score of 0.5 |
| \`specter\` | proven | the baseline: BlazeFace and embedding R alone, whatever else is enabled |
| \`strict-finance\`, \`high-security\` | proven | 0.1 % false identification; liveness is required and refuses at the APCER-5 % threshold |
| \`phantom\` | alternate | YuNet, once it is imported (\`models import --help\` names the file), and MiniFASNetV2 alone |
| \`argus\` | experimental | highest accuracy: embedding R with MobileFaceNet where that is enabled, and stricter picture quality |
| \`fortress\` | experimental | the strictest setting of every check |

With a built-in profile a failed liveness check never verifies, and a refusal has a sentence but no score. A black and white picture cannot be judged and is refused. An organization
that needs another rule writes its own profile (\`liveness\` without \`hardFail\`, or a lower threshold): \`profile show\`, \`doctor\` and \`/health\` then say so.

A caller may name the organization's own profiles, and built-in ones it has not replaced: where it has a \`default\` of its own, \`builtin:default\` is refused. \`gatehouse org set
--profiles strict-finance,front-door\` allows these alone, and \`key create --profile front-door\` binds one key. Failed attempts are limited by the strictest of the allowed profiles, whichever is named.

A check that needs something the caller left out follows the rule's \`whenMissing\`: \`skip\` or \`fail\`. A hard-fail \`geoFence\`, \`timeRestriction\` or \`impossibleTravel\`
fails by default, so the strict profiles need a \`location\` in the call or a site for its network (\`gatehouse site add --help\`). Coordinates without a country are looked up
offline; disputed areas follow the setting \`disputedAreas\` ([decision 14](decisions/0014-context-checks-without-their-input.md)).

## The fields

${table(['field', 'allowed', 'required', 'meaning'], fieldsOf(schema))}

The checks are ${checkNames.map((name) => `\`${name}\``).join(', ')}. \`refuseQuality\` takes ${qualityComponents.map((name) => `\`${name}\``).join(', ')}.

A new definition has a rule for every check. A profile stored by an earlier release runs without the checks that came later, until its next version enables them; what a release does not
know of a stored profile it leaves out, with a line in the log.
`;
}
