// What the pages gain where scripts may run: the reader's own time on hover, copying of commands, and a fresh look when something changes.
"use strict";

(function () {
  const own = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

  function addOwnTimes(place) {
    for (const each of place.querySelectorAll("time[datetime]:not([title])")) {
      const time = new Date(each.dateTime);
      if (!Number.isNaN(time.getTime())) {
        each.title = own.format(time) + " (your time)";
      }
    }
  }

  function offerCopies(place) {
    if (!navigator.clipboard) {
      return;
    }
    for (const button of place.querySelectorAll("button[data-copy][hidden]")) {
      button.hidden = false;
    }
  }

  function enrich(place) {
    addOwnTimes(place);
    offerCopies(place);
  }

  async function copy(event) {
    const button = event.target.closest("button[data-copy]");
    if (button === null) {
      return;
    }
    try {
      await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
      button.textContent = "copied";
    } catch {
      button.textContent = "not copied";
    }
    setTimeout(() => { button.textContent = "copy"; }, 1500);
  }

  // The server says that something changed; whatever listens on the page fetches itself anew, once a second at most.
  // A browser gives one host few connections, so a page holds one only while it is in sight. Where that is refused, it looks by itself.
  function listen() {
    const live = document.querySelector('meta[name="janitor-live"]');
    if (live === null || !window.EventSource || document.querySelector('[hx-trigger*="janitor:changed"]') === null) {
      return;
    }
    let source = null, waiting = null, again = null, isFresh = true;
    const tell = () => {
      waiting = waiting ?? setTimeout(() => {
        waiting = null;
        if (!document.hidden && window.htmx) {
          window.htmx.trigger(document.body, "janitor:changed");
        }
      }, 1000);
    };
    const catchUp = () => {
      if (!isFresh) {
        tell();
      }
      isFresh = false;
    };
    const end = () => {
      clearTimeout(again);
      source?.close();
      source = null;
      isFresh = false;
    };
    const begin = () => {
      if (document.hidden) {
        end();
        return;
      }
      clearTimeout(again);
      source?.close();
      source = new EventSource(live.content);
      source.addEventListener("open", catchUp);
      source.addEventListener("changed", tell);
      source.addEventListener("sweep.started", (event) => { announce(`A sweep of ${JSON.parse(event.data).target} is running.`); });
      source.addEventListener("sweep.finished", (event) => { announce(`The sweep of ${JSON.parse(event.data).target} has ended.`); });
      source.addEventListener("error", (event) => {
        if (event.target.readyState === EventSource.CLOSED) {
          catchUp();
          again = setTimeout(begin, 30000);
        }
      });
    };
    document.addEventListener("visibilitychange", begin);
    addEventListener("pagehide", end);
    addEventListener("pageshow", (event) => { if (event.persisted) { begin(); } });
    begin();
  }

  // Read out where a screen is read out: what happened, and not every number that changed with it.
  function announce(words) {
    document.querySelector("#news").textContent = words;
  }

  // Nobody's place on the page is taken away by a fresh look: what is open or has the focus stays until it is left.
  function stayCalm(event) {
    const place = event.detail.elt;
    const isOurs = (place.getAttribute("hx-trigger") || "").includes("janitor:changed");
    if (isOurs && (place.contains(document.activeElement) || place.querySelector("details[open]") !== null)) {
      event.preventDefault();
    }
  }

  // An answer that is not the page that was asked for, such as a login or an error, is shown as a whole.
  function goThere(event) {
    const answered = event.detail.xhr.responseURL;
    if (event.type === "htmx:responseError" || new URL(answered).pathname !== new URL(event.detail.pathInfo.requestPath, location).pathname) {
      event.preventDefault();
      location.assign(answered);
    }
  }

  // What was left blank is not asked for, and does not stand in the address.
  function dropBlanks(event) {
    const given = event.detail.parameters;
    for (const name of Object.keys(given)) {
      if (given[name] === "") {
        delete given[name];
      }
    }
  }

  document.addEventListener("htmx:configRequest", dropBlanks);
  document.addEventListener("htmx:beforeRequest", stayCalm);
  document.addEventListener("htmx:beforeSwap", (event) => { if (event.detail.xhr.status < 400) { goThere(event); } });
  document.addEventListener("htmx:responseError", goThere);
  document.addEventListener("click", copy);
  document.addEventListener("htmx:load", (event) => { enrich(event.target); });
  enrich(document);
  listen();
})();
