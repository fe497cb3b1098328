import type { Page } from 'playwright';
import { createHand, type Hand } from './counting-hand.ts';
import { inLanguage, type Say } from './in-language.ts';

export const organization = 'Nordlys Bank';
export const owner = {
  name: 'Elin Sandström',
  email: 'elin@nordlys.example',
  password: 'wet gravel under pines',
};

/**
 * Through the setup assistant, from the address that the terminal shows to the overview. `shown` is called at each step before anything
 * is entered. The page has an authenticator. `camera`: it has a camera too, and the owner is enrolled and verified in the assistant.
 * `say`: in the language that the page is in.
 */
export async function walkThroughSetup(
  page: Page,
  address: string,
  shown: (step: string) => Promise<void> = async () => {},
  {
    hand = createHand(),
    camera = false,
    say = inLanguage('en'),
  }: { hand?: Hand; camera?: boolean; say?: Say } = {},
): Promise<void> {
  const reach = async (title: string, step: string) => {
    await page.getByRole('heading', { level: 1, name: say(title) }).waitFor();
    await shown(step);
  };
  const press = (name: string) => hand.click(page.getByRole('button', { name: say(name) }));
  const enter = (label: string, text: string) => hand.type(page.getByLabel(say(label)), text);

  await page.goto(address);
  await reach('Make this box yours', 'token');
  await press('Continue');
  await reach('What is your organization called?', 'organization');
  await enter('Name of the organization', organization);
  await press('Continue');
  await reach('Who owns this box?', 'owner');
  await enter('Your name', owner.name);
  await enter('E-mail address', owner.email);
  await enter('Password', owner.password);
  await press('Create owner');
  const secure = page.url().startsWith('https:');
  await reach(secure ? 'Whose certificate should browsers see?' : 'How do browsers reach this box?', 'name');
  await press('Continue');
  await reach('Add a passkey', 'factor');
  await press('Add passkey');
  await reach('Keep these recovery codes', 'codes');
  await hand.click(page.getByLabel(say('I have stored the codes')));
  await press('Continue');
  await page.getByText(/MiniFASNetV2 (and|und) MiniFASNetV1SE/).waitFor();
  await reach('Attack detection comes with Gatehouse', 'attack');
  await press('Continue');
  await reach('How do people agree to be enrolled?', 'consent');
  await press('Continue');
  await reach('What may leave the box?', 'destinations');
  await press('Continue');
  await reach('Keys for your programs', 'keys');
  await press('Create two keys');
  await page.getByText(/gh_live_\w+/).waitFor();
  await page.getByText(/gh_test_\w+/).waitFor();
  await shown('keys-made');
  await press('Continue');
  await reach('Try it: enroll a person', 'first-person');
  if (camera) {
    await press('Continue with the camera');
    await page.getByText(say('3 pictures enrolled')).waitFor();
    await shown('first-person-enrolled');
    await press(`Verify ${owner.email}`);
    await page.getByRole('heading', { level: 1, name: say('Now verify the same person') }).waitFor();
    await page.getByRole('heading', { level: 2, name: say(`It is ${owner.name}`) }).waitFor();
  } else await press('Skip');
  await reach('This box is yours', 'done');
  hand.report('from the setup link to the end of the assistant');
  await press('Go to the overview');
  await page.getByRole('heading', { level: 1, name: say('Overview') }).waitFor();
}

/** Out by the menu of the account, in by password and passkey. Ends on the overview. */
export async function signOutAndIn(page: Page): Promise<void> {
  await page.getByRole('button', { name: `Account of ${owner.name}` }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
  await page.getByLabel('E-mail address', { exact: true }).fill(owner.email);
  await page.getByLabel('Password', { exact: true }).fill(owner.password);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Use passkey' }).click();
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
}
