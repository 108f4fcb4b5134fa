import type { JSX } from 'preact';
import type { Status } from '../../src/sink/messages.ts';
import type { FeedState, FeedStateKind } from './feed-state.ts';
import { THEMES, type Theme } from './view-state.ts';

interface StatusHeaderProps {
  readonly state: FeedState;
  readonly status: Status | null;
  readonly theme: Theme;
  readonly onTheme: (theme: Theme) => void;
  /** null: there is nothing to retry. */
  readonly onRetry: (() => void) | null;
}

/** A sign beside the word, so that the state does not hang on colour. */
const SIGNS: Readonly<Record<FeedStateKind, string>> = {
  live: '●',
  waiting: '○',
  lagging: '◐',
  failing: '✕',
  disconnected: '✕',
};

const THEME_NAMES: Readonly<Record<Theme, string>> = { auto: 'Auto', light: 'Light', dark: 'Dark' };

export function StatusHeader({ state, status, theme, onTheme, onRetry }: StatusHeaderProps): JSX.Element {
  const nextTheme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'auto';
  return (
    <header>
      <h1>
        <Logo />
        hostint
      </h1>
      <div class="state" data-state={state.kind}>
        <span aria-hidden="true">{SIGNS[state.kind]}</span>{' '}
        <span data-testid="state" data-state={state.kind}>
          {state.text}
        </span>
        {/* Read out when the kind changes, not at every second of a countdown. */}
        <span class="visually-hidden" role="status">{`State: ${state.kind}`}</span>
      </div>
      {onRetry === null ? null : (
        <button type="button" onClick={onRetry}>
          Try now
        </button>
      )}
      {status === null ? null : <span class="where">{whereText(status)}</span>}
      <button
        type="button"
        class="theme"
        aria-label={`Theme: ${THEME_NAMES[theme]}. Switch to ${THEME_NAMES[nextTheme]}.`}
        onClick={() => onTheme(nextTheme)}
      >
        <span aria-hidden="true">◑</span> {THEME_NAMES[theme]}
      </button>
    </header>
  );
}

function whereText(status: Status): string {
  const interfaces = status.interfaces.map(({ name, mode }) => `${name} (${mode})`).join(', ');
  return `sink node ${status.nodeId} on ${interfaces}`;
}

function Logo(): JSX.Element {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" />
      <path d="M5 20h5l3-10 5 15 4-9h5" />
    </svg>
  );
}
