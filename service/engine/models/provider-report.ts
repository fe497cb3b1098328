import { z } from 'zod';

/** Which execution provider runs the nets, as every reply says it. */
export const ProviderReport = z.strictObject({
  providersAsked: z.array(z.string()).describe('Execution providers as configured'),
  provider: z.string().describe('Execution provider in use; `cpu` also while another one is being tried'),
  adapter: z.string().optional().describe('The GPU, as its driver calls it; absent if none answered'),
  fallback: z.string().optional().describe('Why the CPU runs nets that another provider should run; a fault'),
  note: z
    .string()
    .optional()
    .describe('Why the CPU runs nets if nothing is wrong: no GPU, a slower one, a trial under way'),
  nets: z
    .array(
      z.strictObject({
        model: z.string().describe('Id of the model'),
        provider: z.string().describe('Execution provider that runs it'),
        reason: z.string().optional().describe('Why it is the CPU'),
      }),
    )
    .describe('Models that were tried on another provider; the CPU runs all others'),
});
export type ProviderReport = z.output<typeof ProviderReport>;
