import { SegmentedControl, useMantineColorScheme } from '@mantine/core';
import { IconDeviceDesktop, IconMoon, IconSun } from '@tabler/icons-react';
import { uiStrings } from '../strings/ui-strings.ts';
import { useStrings } from '../strings/use-strings.ts';

/** System, light or dark; kept in this browser. */
export function SchemeSwitch() {
  const t = useStrings(uiStrings);
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const options = [
    { value: 'auto', name: t('schemeSystem'), Icon: IconDeviceDesktop },
    { value: 'light', name: t('schemeLight'), Icon: IconSun },
    { value: 'dark', name: t('schemeDark'), Icon: IconMoon },
  ];
  return (
    <SegmentedControl
      size="xs"
      style={{ flex: 'none' }}
      role="radiogroup"
      aria-label={t('scheme')}
      value={colorScheme}
      onChange={(value) => setColorScheme(value as typeof colorScheme)}
      data={options.map(({ value, name, Icon }) => ({
        value,
        label: (
          <span title={name}>
            <Icon size={16} stroke={1.75} aria-hidden="true" style={{ display: 'block' }} />
            <span className="sr">{name}</span>
          </span>
        ),
      }))}
    />
  );
}
