import { z } from 'zod';

const layer = z
  .enum(['rules', 'research'])
  .describe('`rules`: rules alone, the default; `research`: with weights trained on research data');

const trained = z
  .object({
    at: z.iso.date().describe('Day of the training'),
    on: z.array(z.string()).describe('Data sets'),
    humanWindows: z.int().describe('Windows of people'),
    people: z.int().describe('People, or sessions of which no more is known'),
    botWindows: z.int().describe('Windows of programs'),
    generators: z.array(z.string()).describe('What made the movements of the programs'),
    doubt: z.string().optional().describe('Why its licence may not cover your use'),
  })
  .describe('What the weights were trained on');

const id = z.string().describe('Id of the weights');

export const BehaviorLayerReply = z
  .object({
    layer,
    model: z
      .object({ id, z0: z.number().describe('Zero: the 1 % quantile of people'), trained })
      .optional()
      .describe('The weights in use'),
    accepted: z
      .object({
        by: z.string().describe('Who accepted the doubt'),
        at: z.iso.datetime().describe('When'),
        model: z.string().describe('The weights whose doubt was accepted'),
      })
      .optional()
      .describe('The acceptance on record'),
    offered: z.object({ id, trained }).describe('The weights that may be chosen'),
  })
  .meta({
    id: 'BehaviorLayer',
    description: 'How windows are judged: by rules alone, or by a learned layer too.',
    examples: [
      {
        layer: 'rules' as const,
        offered: {
          id: 'research-1',
          trained: {
            at: '2026-11-21',
            on: ['balabit', 'webbot', 'zoo'],
            ...{ humanWindows: 7_996, people: 22, botWindows: 1_060 },
            generators: ['bezier', 'windmouse'],
            doubt: 'Trained on data sets that were published for research.',
          },
        },
      },
    ],
  });
export type BehaviorLayerReply = z.output<typeof BehaviorLayerReply>;

export const BehaviorLayerRequest = z
  .strictObject({
    layer,
    acceptLicenceDoubt: z
      .boolean()
      .default(false)
      .describe('You accept the doubt about the licence of the weights; stays on record with your name'),
  })
  .meta({ id: 'BehaviorLayerRequest', examples: [{ layer: 'research', acceptLicenceDoubt: true }] });
