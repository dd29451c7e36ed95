import type { Revocations, RevocationsRoom } from './revocations'

/** Revocations, loaded with the first lease: what has none needs none. */
export function createListener(room: RevocationsRoom): Revocations {
  let loading: Promise<Revocations> | null = null
  return {
    welcome(lease) {
      loading ??= import('./revocations').then(({ createRevocations }) => createRevocations(room))
      // What could not be loaded is loaded with the next lease: until then revocations are heard at renewal.
      loading.then(
        (revocations) => revocations.welcome(lease),
        () => {
          loading = null
        },
      )
    },
    stop: () => void loading?.then((revocations) => revocations.stop()).catch(() => undefined),
  }
}
