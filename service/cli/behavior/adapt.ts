import { Argument, type Command } from 'commander';
import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { Problem } from '../../lib/problem.ts';
import { type CommandRunner, examples } from '../command.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { describeLayer } from './text.ts';

export function addAdapt(behavior: Command, runner: CommandRunner): void {
  runner.run<{ org?: string }>(
    behavior
      .command('adapt')
      .addArgument(
        new Argument('[do]', 'whether the zero moves by itself; shows the drift without').choices([
          ...['on', 'off', 'accept'],
        ]),
      )
      .summary('whether the zero of the weights follows your own people')
      .description(
        'Shows what the people of approved live sessions say about the zero of the weights in use. "on" lets it move to them every day, each move with a line in the audit log; "accept" moves it once, now; "off" leaves it where it is.',
      )
      .option(...organizationFlag)
      .addHelpText('after', examples('behavior adapt', 'behavior adapt on', 'behavior adapt accept')),
    async ({ options, control }, wanted) => {
      const open = await control();
      const params = { query: { organization: (await chooseOrganization(open, options.org)).id } };
      const shown = () => replyOf(open.admin.GET('/api/admin/behavior/layer', { params }));
      if (wanted === 'on' || wanted === 'off')
        await replyOf(
          open.admin.PUT('/api/admin/behavior/layer/zero', { params, body: { adapts: wanted === 'on' } }),
        );
      if (wanted === 'accept') {
        const zero = zeroToAccept(await shown());
        await replyOf(open.admin.PUT('/api/admin/behavior/layer/zero', { params, body: { zero } }));
      }
      const layer = await shown();
      return { json: layer, text: describeLayer(layer) };
    },
  );
}

/** The zero of the site's own people; throws where none was measured, or rules judge alone. */
function zeroToAccept({ site }: Schemas['BehaviorLayer']) {
  if (site === undefined)
    throw new Problem('CONFLICT', 'Rules judge alone here: choose a learned layer first.');
  const { z0, windows, people, refused } = site;
  if (z0 === undefined)
    throw new Problem('CONFLICT', refused ?? 'There are no windows of approved sessions yet.');
  return { z0, windows, people };
}
