import { THEMES, type Theme } from './view-state.ts';

const STORAGE_KEY = 'hostint.theme';

/** Applies the theme to the document, following the system's as long as it is `auto`. */
export interface ThemeSwitch {
  readonly theme: Theme;
  /** What `auto` came to. */
  readonly resolved: 'light' | 'dark';
  set(theme: Theme): void;
}

/**
 * @param fromAddress what the address asks for; it wins over what the browser remembers.
 * @param onChange called when the colours on screen have changed.
 */
export function startTheme(fromAddress: Theme | null, onChange: () => void): ThemeSwitch {
  const system = matchMedia('(prefers-color-scheme: dark)');
  let theme: Theme = fromAddress ?? remembered() ?? 'auto';
  const resolve = (): 'light' | 'dark' => {
    if (theme !== 'auto') return theme;
    return system.matches ? 'dark' : 'light';
  };
  const apply = (): void => {
    document.documentElement.dataset.theme = resolve();
  };
  system.addEventListener('change', () => {
    apply();
    onChange();
  });
  apply();
  return {
    get theme() {
      return theme;
    },
    get resolved() {
      return resolve();
    },
    set(next) {
      theme = next;
      remember(next);
      apply();
      onChange();
    },
  };
}

/** Storage may be forbidden or full; the theme then simply lasts as long as the page. */
function remembered(): Theme | null {
  try {
    const text = localStorage.getItem(STORAGE_KEY);
    return THEMES.find((theme) => theme === text) ?? null;
  } catch {
    return null;
  }
}

function remember(theme: Theme): void {
  try {
    localStorage.setItem(STORAGE_KEY, theme);
  } catch {
    return;
  }
}
