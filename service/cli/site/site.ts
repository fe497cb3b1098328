import type { Command } from 'commander';
import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { limitFlag } from '../limit-flag.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { facts, table } from '../terminal/terminal.ts';

interface NewSite {
  org?: string;
  name: string;
  cidr: string;
  country: string;
  latitude: string;
  longitude: string;
  timeZone: string;
}

export function addSite(program: Command, runner: CommandRunner): void {
  const site = program
    .command('site')
    .helpCommand(false)
    .description('places of an organization, identified by their network, for the location checks');
  addAdd(site, runner);
  addList(site, runner);
  addRemove(site, runner);
}

function addAdd(site: Command, runner: CommandRunner): void {
  runner.run<NewSite>(
    site
      .command('add')
      .description('assign a place to the requests of one network')
      .option(...organizationFlag)
      .requiredOption('--name <name>', 'its name')
      .requiredOption('--cidr <network>', 'IPv4 or IPv6 network, such as 10.20.0.0/16')
      .requiredOption('--country <code>', 'two letters, ISO 3166-1, such as CH')
      .requiredOption('--latitude <degrees>', 'WGS 84, -90 to 90')
      .requiredOption('--longitude <degrees>', 'WGS 84, -180 to 180')
      .requiredOption('--time-zone <zone>', 'IANA name, such as Europe/Zurich')
      .addHelpText(
        'after',
        examples(
          'site add --name Bern --cidr 10.20.0.0/16 --country CH --latitude 46.95 --longitude 7.45 --time-zone Europe/Zurich',
          'site add --name Sydney --cidr 10.30.0.0/16 --country AU --latitude=-33.87 --longitude 151.21 --time-zone Australia/Sydney',
        ),
      ),
    async ({ options, control }) => {
      const { org, ...rest } = options;
      const open = await control();
      const { id } = await chooseOrganization(open, org);
      const made = await replyOf(
        open.admin.POST('/api/admin/sites', {
          params: { query: { organization: id } },
          body: {
            name: rest.name,
            cidr: rest.cidr,
            country: rest.country.toUpperCase(),
            latitude: readDegrees('--latitude', rest.latitude),
            longitude: readDegrees('--longitude', rest.longitude),
            timeZone: rest.timeZone,
          },
        }),
      );
      const text = facts([
        ['id', made.id],
        ['name', made.name],
        ['network', made.cidr],
        ['place', `${made.country} ${made.latitude}, ${made.longitude}`],
        ['time zone', made.timeZone],
      ]);
      return { json: made, text };
    },
  );
}

function addList(site: Command, runner: CommandRunner): void {
  runner.run<{ org?: string; limit: number }>(
    site
      .command('list')
      .description('the sites of an organization')
      .option(...organizationFlag)
      .option(...limitFlag(1000))
      .addHelpText('after', examples('site list')),
    async ({ options, control }) => {
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const items = await allPages(
        (page) =>
          replyOf(open.admin.GET('/api/admin/sites', { params: { query: { organization: id, ...page } } })),
        options.limit,
      );
      const rows = items.map((one) => [
        one.id,
        one.name,
        one.cidr,
        one.country,
        one.latitude,
        one.longitude,
        one.timeZone,
      ]);
      const header = ['id', 'name', 'network', 'country', 'latitude', 'longitude', 'time zone'];
      return { json: { items }, text: table(header, rows, 'No site yet. Add one: site add --help') };
    },
  );
}

function addRemove(site: Command, runner: CommandRunner): void {
  runner.run<{ org?: string }>(
    site
      .command('remove')
      .argument('<site-id>', 'as `site list` shows it')
      .description('forget a site')
      .option(...organizationFlag)
      .addHelpText('after', examples('site remove site_01…')),
    async ({ options, control }, siteId = '') => {
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      await replyOf(
        open.admin.DELETE('/api/admin/sites/{id}', {
          params: { path: { id: siteId }, query: { organization: id } },
        }),
      );
      return { json: { removed: siteId }, text: `The site ${siteId} is removed.` };
    },
  );
}

function readDegrees(flag: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value))
    throw new UsageError(`${flag}: "${text}" is not a number of degrees.`);
  return value;
}
