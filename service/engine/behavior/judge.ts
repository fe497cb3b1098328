import type { BehaviorModel } from './model/behavior-model.ts';
import { type MouseScore, scoreMouse } from './model/score-mouse.ts';
import { type Circumstances, type FiredRule, firedRules, firedWithoutData } from './rules.ts';
import { isEmpty, type SessionData } from './session-data.ts';

/** What one window says of who, or what, was at the page. */
export interface Judgement {
  /** 0..1, two decimals. 0.5 is the line, and what a window says that says nothing. */
  confidence: number;
  /** `confidence` is at least 0.5. */
  human: boolean;
  /** 0..100, `confidence` in hundredths. */
  score: number;
  /** Of which `confidence` is the logistic function, before it is bounded. */
  logOdds: number;
  /** How much there was to judge, 0..2.8; under 0.35 is insufficient. */
  evidence: number;
  hardRule: boolean;
  /** Labels that explain the score: fired rules, and what was observed. */
  notes: string[];
  /** Undefined without signals. */
  agent?: { is_agent: boolean; agent_confidence: number; signals: string[] };
  parts: {
    rules: { name: string; logOdds: number }[];
    /** `z` as the model scores it, what it counts for after calibration and shrinking, and what it adds to other windows. */
    mouse?: { z: number; logOdds: number; ratio: number };
    typing?: number;
  };
}

export interface JudgeContext extends Circumstances {
  /** The learned layer; without one the rules judge alone. */
  model?: BehaviorModel;
  /** Zero of the site's own traffic, instead of the model's. */
  z0?: number;
}

/** Bound of the sum: nothing measured here is surer than 98 %. */
const MOST_LOG_ODDS = 4;
const ENOUGH_EVIDENCE = 0.35;
const FULL_EVIDENCE = 0.5;
/** How far thin data without a hard fact may move a score: confidence 0.40 to 0.60. */
const THIN_LOG_ODDS = 0.4;
const SHORT_WINDOW = 3_000;
const WITHOUT_DATA = 0.49;
const SPOILING = new Set(['impossible_signals', 'replayed_vector']);

/** Judges one window. Pure; never throws for data that `SessionData` admits. */
export function judgeBehavior(data: SessionData | undefined, context: JudgeContext = {}): Judgement {
  if (data === undefined || isEmpty(data)) return judgeNothing(context);
  const rules = firedRules(data, context);
  const hardRule = rules.some(({ hard }) => hard);
  const mouse = context.model && believed(scoreMouse(data, context.model, context.z0), rules);
  // What is easily imitated never makes up for evidence against a person (BEHAVIOR.md 5.9).
  const typing = rules.length > 0 || (mouse?.logOdds ?? 0) < 0 ? 0 : organicTyping(data);
  const evidence = evidenceOf(data, rules);
  const thin = evidence < ENOUGH_EVIDENCE || data.winMs <= SHORT_WINDOW;
  const sum = sumOf(rules) + (mouse?.logOdds ?? 0) + typing;
  const logOdds = bound(sum, { data, fired: rules.length > 0, hardRule, thin });
  const confidence = toConfidence(logOdds);
  const agent = judgeAgent(rules, { confidence, thin, learned: mouse?.logOdds ?? 0, context });
  return {
    ...{ confidence, human: confidence >= 0.5, score: Math.round(100 * confidence), logOdds: sum },
    ...{ evidence, hardRule, agent },
    notes: notesOf(data, { rules, evidence, thin, typing, mouse: mouse?.logOdds }),
    parts: {
      rules: rules.map(({ name, logOdds }) => ({ name, logOdds })),
      ...(mouse && { mouse }),
      ...(typing > 0 && { typing }),
    },
  };
}

/** What contradicts itself, or was another window's, does not speak for a person. */
function believed(mouse: MouseScore | undefined, rules: readonly FiredRule[]): MouseScore | undefined {
  if (mouse === undefined || !rules.some(({ name }) => SPOILING.has(name))) return mouse;
  return { ...mouse, logOdds: Math.min(0, mouse.logOdds), ratio: Math.min(0, mouse.ratio) };
}

/** Without a window: 0.49, and no agent block; a signed agent is one even so. */
function judgeNothing(context: JudgeContext): Judgement {
  const rules = firedWithoutData(context);
  const logOdds = rules.length === 0 ? logit(WITHOUT_DATA) : sumOf(rules);
  const confidence = toConfidence(logOdds);
  return {
    ...{ confidence, human: false, score: Math.round(100 * confidence), logOdds },
    ...{ evidence: 0, hardRule: rules.length > 0 },
    notes: [...rules.map(({ name }) => name), 'insufficient_data'],
    ...(rules.length > 0 && {
      agent: judgeAgent(rules, { confidence, thin: true, learned: 0, context }),
    }),
    parts: { rules: rules.map(({ name, logOdds }) => ({ name, logOdds })) },
  };
}

interface Bounds {
  data: SessionData;
  fired: boolean;
  hardRule: boolean;
  thin: boolean;
}

function bound(sum: number, { data, fired, hardRule, thin }: Bounds): number {
  const within = (most: number, least = -most) => Math.max(least, Math.min(most, sum));
  if (hardRule) return within(MOST_LOG_ODDS);
  // A coin toss between 0.49 and 0.51 would print "not human" for some people.
  if (thin && !fired) return 0;
  if (thin) return within(THIN_LOG_ODDS);
  // Nothing has been measured of people who use no mouse.
  if (usesNoMouse(data)) return within(MOST_LOG_ODDS, -THIN_LOG_ODDS);
  return within(MOST_LOG_ODDS);
}

const usesNoMouse = ({ counts, env }: SessionData): boolean =>
  env.pt.mouse === 0 && (counts.move === 0 || env.pt.touch + env.pt.pen > 0);

const evidenceOf = ({ mouse, key, click }: SessionData, rules: readonly FiredRule[]): number =>
  Math.min(1, mouse.n / 8) +
  Math.min(1, key.n / 30) +
  Math.min(0.5, click.n / 12) +
  (rules.some(({ name }) => name === 'screenshot_loop') ? 0.3 : 0);

/** From press to press, median, milliseconds: no person types 25 keys a second. */
const FASTEST_TYPING = 40;

/**
 * Of a person's holds and rhythm: log(12/5), since the rules catch seven of the twelve bots of `test/bots` as they fill in a form
 * (decision 0034). With fewer keys not every rule of typing can fire.
 */
const TYPING_LOG_ODDS = 0.88;
const TYPING_KEYS = 15;

function organicTyping({ key }: SessionData): number {
  const { n, hold, holdNear, dd, ddNear, ddLsd } = key;
  if (n < 8 || hold === null || holdNear === null || dd === null || ddNear === null || ddLsd === null)
    return 0;
  const held = hold >= 40 && hold <= 400 && holdNear < 0.5;
  const human = held && dd >= FASTEST_TYPING && ddNear < 0.35 && ddLsd >= 0.25;
  return human ? TYPING_LOG_ODDS * Math.min(1, n / TYPING_KEYS) : 0;
}

interface AgentEvidence {
  confidence: number;
  thin: boolean;
  learned: number;
  context: JudgeContext;
}

function judgeAgent(
  rules: readonly FiredRule[],
  { confidence, thin, learned, context }: AgentEvidence,
): NonNullable<Judgement['agent']> {
  const signals = rules.map(({ name }) => name);
  if (context.declared)
    return {
      ...{ is_agent: true, agent_confidence: 1 },
      signals: ['declared', `agent:${context.declared.name}`, ...signals.filter((one) => one !== 'declared')],
    };
  const hard = rules.some((one) => one.hard);
  // A hard fact names a program also where the movements are a person's (behavior.txt: "even when the session looks human").
  const is_agent = hard || (confidence < 0.5 && !thin && rules.length >= 2);
  if (rules.length === 0) return { is_agent, agent_confidence: 0, signals };
  const believed = 1 - logistic(sumOf(rules) - (learned < 0 ? 0.5 : 0));
  // A caller who compares the figure with 0.5 has to come to the same answer.
  const agent_confidence = toHundredths(is_agent ? believed : Math.min(believed, 0.49));
  return { is_agent, agent_confidence, signals };
}

interface Observed {
  rules: readonly FiredRule[];
  evidence: number;
  thin: boolean;
  typing: number;
  mouse: number | undefined;
}

function notesOf(data: SessionData, { rules, evidence, thin, typing, mouse }: Observed): string[] {
  const { counts, env, click } = data;
  const { pt } = env;
  const learned = mouse ?? 0;
  const said: [note: string, holds: boolean][] = [
    ['organic_mouse', learned > 1],
    ['synthetic_mouse', learned < -1],
    ['organic_typing', typing > 0],
    ['touch_only', pt.touch > 0 && pt.mouse + pt.pen === 0],
    ['keyboard_only', counts.keyDown > 0 && counts.move + counts.down + counts.touch === 0],
    ['assistive_hint', counts.keyDown > 0 && counts.move === 0 && click.n > 0],
    ['rules_only', mouse === undefined],
    ['thin', evidence < FULL_EVIDENCE],
    ['insufficient_data', thin],
  ];
  return [...rules.map(({ name }) => name), ...said.flatMap(([note, holds]) => (holds ? [note] : []))];
}

const sumOf = (rules: readonly FiredRule[]): number => rules.reduce((sum, { logOdds }) => sum + logOdds, 0);
const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
const logit = (p: number): number => Math.log(p / (1 - p));
const toHundredths = (x: number): number => Math.round(100 * x) / 100;
const toConfidence = (logOdds: number): number =>
  toHundredths(logistic(Math.max(-MOST_LOG_ODDS, Math.min(MOST_LOG_ODDS, logOdds))));
