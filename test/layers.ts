import { cruise } from 'dependency-cruiser';
// @ts-expect-error: plain JavaScript without types, read by dependency-cruiser itself too
import rules from '../.dependency-cruiser.js';

/** dependency-cruiser passes happily after seeing nothing (FACTS.md): fewer modules than this is a failure. */
const MODULE_FLOOR = 60;

const { output } = await cruise(['main', 'service', 'models', 'sdk/gatehouse/src', 'test', 'demo'], {
  ...rules.options,
  ruleSet: { forbidden: rules.forbidden },
  validate: true,
} as Parameters<typeof cruise>[1]);
if (typeof output === 'string') throw new Error(`dependency-cruiser answered text, not a result: ${output}`);
const { violations, totalCruised } = output.summary;
for (const v of violations) console.error(`${v.rule.name}: ${v.from} -> ${v.to}`);
if (totalCruised < MODULE_FLOOR)
  console.error(`only ${totalCruised} modules were seen; at least ${MODULE_FLOOR} exist`);
if (violations.length > 0 || totalCruised < MODULE_FLOOR) process.exit(1);
console.log(`layers: ${totalCruised} modules, no violation`);
