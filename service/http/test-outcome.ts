import { z } from 'zod';
import { testOutcomes } from '../lib/test-outcome.ts';

/** Of an answer, in every family. */
export const TestOutcomeReply = z
  .enum(testOutcomes)
  .describe(
    'In the test world alone: the outcome that the picture of a test person, or the order, asked for',
  );

/** Of an order, in every family that makes sessions. */
export const RequestedTestOutcome = z
  .enum(testOutcomes)
  .optional()
  .describe(
    'For a key of the test world: the session ends so as soon as the person agrees, without a camera',
  );
