// Asks the app for a file until it is made. A busy app says after how many seconds to ask again.
const fileMaker = (() => {
  const AGAIN = 2; // seconds after which a busy app is asked again, where it does not say
  const LONGEST = 30; // seconds
  const FIRST_LOOK = 250; // milliseconds until the first look at how far it is, which doubles
  const LATER_LOOKS = 1000;
  const MOST_SAID = 600; // characters of an answer that are shown

  class Refused extends Error {}

  // An answer that is not "busy"; throws where the app is gone or the signal ends it.
  async function answer(address, signal, busy = () => {}) {
    for (;;) {
      let got;
      try {
        got = await fetch(address, { signal });
      } catch (error) {
        if (signal.aborted) throw error;
        throw new Refused("The app does not answer. Is it still running?");
      }
      if (got.status !== 503) return got;
      const told = Number.parseFloat(got.headers.get("Retry-After"));
      busy();
      await pause(1000 * Math.min(told > 0 ? told : AGAIN, LONGEST), signal);
    }
  }

  // The same, and throws what the app says where it refuses.
  async function accepted(address, signal, busy) {
    const got = await answer(address, signal, busy);
    if (got.ok) return got;
    const isText = (got.headers.get("Content-Type") ?? "").startsWith("text/plain");
    const said = isText ? (await got.text()).trim().slice(0, MOST_SAID) : "";
    throw new Refused(said || `The app could not make it (${got.status}).`);
  }

  // Until a file is ready; tells {state, done, of, ahead} whenever it has looked.
  async function ready(address, signal, tell) {
    for (let wait = FIRST_LOOK; ; wait = Math.min(2 * wait, LATER_LOOKS)) {
      const got = await accepted(address, signal, () => tell({ state: "busy" }));
      const progress = await got.json();
      if (progress.state === "ready") return;
      tell(progress);
      await pause(wait, signal);
    }
  }

  function pause(milliseconds, signal) {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const timer = setTimeout(done, milliseconds);
      signal.addEventListener("abort", stop, { once: true });
      function done() {
        signal.removeEventListener("abort", stop);
        resolve();
      }
      function stop() {
        clearTimeout(timer);
        reject(signal.reason);
      }
    });
  }

  return { accepted, ready, Refused };
})();

