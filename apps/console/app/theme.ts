import { createTheme, type MantineColorsTuple } from '@mantine/core';

/** One accent, a calm slate blue; status and party colours are tokens of their own (`tokens.css`). */
const slate: MantineColorsTuple = [
  '#eef3f9',
  '#dbe4ef',
  '#b4c7de',
  '#8aa8cd',
  '#688ebf',
  '#527db6',
  '#4674b2',
  '#37639d',
  '#2c578c',
  '#1b4b7c',
];

export const theme = createTheme({
  colors: { slate },
  primaryColor: 'slate',
  primaryShade: { light: 8, dark: 7 },
  autoContrast: true,
  defaultRadius: 'sm',
  fontFamily: 'Inter, "Segoe UI", system-ui, -apple-system, "DejaVu Sans", sans-serif',
  fontFamilyMonospace: '"JetBrains Mono", ui-monospace, "DejaVu Sans Mono", monospace',
  headings: {
    fontWeight: '650',
    sizes: { h1: { fontSize: '1.375rem', lineHeight: '1.3' }, h2: { fontSize: '1rem', lineHeight: '1.4' } },
  },
});
