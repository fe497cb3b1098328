import type { BehaviorModel } from './model/behavior-model.ts';
import { type MouseScore, scoreMouse } from './model/behavior-model.ts';
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
  /** What happened is of assistive technology, as far as it is known: `human`, never an agent, and no heartbeat blocks it. */
  assistive: boolean;
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
}

/** Bound of the sum: nothing measured here is surer than 98 %. */
const MOST_LOG_ODDS = 4;
const ENOUGH_EVIDENCE = 0.35;
const FULL_EVIDENCE = 0.5;
const SHORT_WINDOW = 3_000;
const WITHOUT_DATA = 0.49;
const SPOILING = new Set(['impossible_signals', 'replayed_vector']);
/** Aids that point make these: their movements are not a hand's, and the learned layer knows hands alone. */
const OF_POINTING = new Set(['centre_clicks', 'teleport_clicks', 'instant_press', 'screenshot_loop']);

/** Judges one window. Pure; never throws for data that `SessionData` admits. */
export function judgeBehavior(data: SessionData | undefined, context: JudgeContext = {}): Judgement {
  if (data === undefined || isEmpty(data)) return judgeNothing(context);
  const fired = firedRules(data, context);
  const hardRule = fired.some(({ hard }) => hard);
  const rules = hardRule ? fired : [];
  const pointed = !hardRule && isPointingAid(data, fired);
  const mouse = pointed || !context.model ? undefined : believed(scoreMouse(data, context.model), rules);
  const assistive = !hardRule && (pointed || (fired.length > 0 && (mouse?.logOdds ?? 0) >= 0));
  // What is easily imitated never makes up for evidence against a person (BEHAVIOR.md 5.9).
  const typing = fired.length > 0 || pointed || (mouse?.logOdds ?? 0) < 0 ? 0 : organicTyping(data);
  const evidence = evidenceOf(data);
  const thin = evidence < ENOUGH_EVIDENCE || data.winMs <= SHORT_WINDOW;
  const sum = sumOf(rules) + (mouse?.logOdds ?? 0) + typing;
  // A coin toss between 0.49 and 0.51 would print "not human" for some people.
  const confidence = toConfidence(thin && !hardRule ? 0 : sum);
  const agent = judgeAgent(rules, mouse?.logOdds ?? 0, context);
  return {
    confidence,
    human: confidence >= 0.5,
    score: Math.round(100 * confidence),
    logOdds: sum,
    evidence,
    hardRule,
    assistive,
    agent,
    notes: notesOf(data, { rules, assistive, evidence, thin, typing, mouse: mouse?.logOdds, context }),
    parts: {
      rules: rules.map(({ name, logOdds }) => ({ name, logOdds })),
      ...(mouse && { mouse }),
      ...(typing > 0 && { typing }),
    },
  };
}

/** Presses by an accessibility action, a pointer that keys move, or presses that a pointing aid makes as well as a program. */
function isPointingAid({ click, mouse }: SessionData, fired: readonly FiredRule[]): boolean {
  const { n, aid = 0 } = click;
  return (aid > 0 && aid >= n) || (mouse.axis ?? 0) >= 0.5 || fired.some(({ name }) => OF_POINTING.has(name));
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
    confidence,
    human: false,
    score: Math.round(100 * confidence),
    logOdds,
    evidence: 0,
    hardRule: rules.length > 0,
    assistive: false,
    notes: [...rules.map(({ name }) => name), 'insufficient_data'],
    ...(rules.length > 0 && {
      agent: judgeAgent(rules, 0, context),
    }),
    parts: { rules: rules.map(({ name, logOdds }) => ({ name, logOdds })) },
  };
}

const evidenceOf = ({ mouse, key, click: { n, aid = 0 } }: SessionData): number =>
  Math.min(1, mouse.n / 8) + Math.min(1, key.n / 30) + Math.min(0.5, (n + aid) / 12);

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

/** Rules are here only where one is hard: a program also where the movements are a person's (behavior.txt: "even when the session looks human"). */
function judgeAgent(
  rules: readonly FiredRule[],
  learned: number,
  { declared }: JudgeContext,
): NonNullable<Judgement['agent']> {
  const signals = rules.map(({ name }) => name);
  if (declared)
    return {
      is_agent: true,
      agent_confidence: 1,
      signals: ['declared', `agent:${declared.name}`, ...signals.filter((one) => one !== 'declared')],
    };
  if (rules.length === 0) return { is_agent: false, agent_confidence: 0, signals };
  const believed = 1 - logistic(sumOf(rules) - (learned < 0 ? 0.5 : 0));
  return { is_agent: true, agent_confidence: toHundredths(believed), signals };
}

interface Observed {
  rules: readonly FiredRule[];
  assistive: boolean;
  evidence: number;
  thin: boolean;
  typing: number;
  mouse: number | undefined;
  context: JudgeContext;
}

function notesOf(
  { counts, env }: SessionData,
  { rules, assistive, evidence, thin, typing, mouse, context }: Observed,
): string[] {
  const { pt } = env;
  const learned = mouse ?? 0;
  const said: [note: string, holds: boolean][] = [
    ['organic_mouse', learned > 1],
    ['synthetic_mouse', learned < -1],
    ['organic_typing', typing > 0],
    ['touch_only', pt.touch > 0 && pt.mouse + pt.pen === 0],
    ['keyboard_only', counts.keyDown > 0 && counts.move + counts.down + counts.touch === 0],
    ['assistive', assistive],
    ['rules_only', context.model === undefined],
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
