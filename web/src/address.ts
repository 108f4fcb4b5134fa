import { formatView, parseView, type ViewState } from './view-state.ts';

/** Keeps the view in the address's fragment, which never reaches the server. */
export interface Address {
  read(): ViewState;
  /** A new flow is a step that the browser's back button undoes; everything else only changes the current step. */
  write(view: ViewState, asStep: boolean): void;
}

/** @param onNavigate called when the reader went back or forth, or changed the address by hand. */
export function watchAddress(onNavigate: (view: ViewState) => void): Address {
  const read = (): ViewState => parseView(location.hash);
  // Fires for both, back and forth as well as editing; never for what `write` does.
  addEventListener('popstate', () => onNavigate(read()));
  return {
    read,
    write: (view, asStep) => {
      const url = location.pathname + location.search + formatView(view);
      if (asStep) history.pushState(null, '', url);
      else history.replaceState(null, '', url);
    },
  };
}
