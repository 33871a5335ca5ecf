// One slide at a time, notes, an overview, and a window for the one who speaks.
// Nothing is stored and nothing is sent.
"use strict";

(() => {
  const root = document.documentElement;
  const slides = [...document.querySelectorAll(".slide")];
  const title = (slide) => slide.querySelector("h2").textContent;
  let at = 0;
  let started = null; // when the clock was started, in milliseconds
  let letters = true; // whether single letters are keys
  let speaker = null; // the window of the one who speaks

  const element = (name, properties = {}, ...children) => {
    const { aria, ...rest } = properties;
    const made = Object.assign(document.createElement(name), rest);
    for (const [key, value] of Object.entries(aria ?? {})) made.setAttribute(`aria-${key}`, value);
    made.append(...children);
    return made;
  };
  const button = (text, what, run) =>
    element("button", { type: "button", title: what, onclick: run }, text);

  // --- light or dark ------------------------------------------------------------------------
  const system = matchMedia("(prefers-color-scheme: dark)");
  const paint = (theme) => {
    root.dataset.theme = theme;
    if (speaker && !speaker.closed) speaker.document.documentElement.dataset.theme = theme;
  };
  paint(system.matches ? "dark" : "light");
  system.addEventListener("change", () => paint(system.matches ? "dark" : "light"));
  const switchTheme = () => paint(root.dataset.theme === "dark" ? "light" : "dark");

  // --- moving -------------------------------------------------------------------------------
  const place = element("span", { className: "place clock" });
  const said = element("span", { className: "reread-hidden", role: "status" });

  const show = (index, focus) => {
    at = Math.max(0, Math.min(slides.length - 1, index));
    slides.forEach((slide, i) => (slide.hidden = i !== at));
    place.textContent = `${at + 1} of ${slides.length}`;
    back.disabled = at === 0;
    next.disabled = at === slides.length - 1;
    scrollTo(0, 0);
    if (focus) slides[at].focus({ preventScroll: true });
    if (location.hash !== `#${slides[at].id}`) history.replaceState(null, "", `#${slides[at].id}`);
    tellSpeaker();
  };
  const go = (index) => {
    started ??= Date.now();
    show(index, true);
  };

  // --- notes --------------------------------------------------------------------------------
  const notes = [...document.querySelectorAll("details.notes")];
  const toggleNotes = () => {
    const open = !notes[0].open;
    for (const note of notes) note.open = open;
    notesButton.setAttribute("aria-pressed", open);
  };

  // --- overview -----------------------------------------------------------------------------
  const links = slides.map((slide, i) =>
    element("a", { href: `#${slide.id}`, onclick: (event) => {
      event.preventDefault();
      overview.close();
      go(i);
    } }, title(slide)));
  const letterBox = element("input", { type: "checkbox", checked: true,
    onchange: () => (letters = letterBox.checked) });
  const overview = element("dialog", { className: "overview", aria: { labelledby: "all-slides" } },
    element("h2", { id: "all-slides" }, "All slides"),
    element("p", {}, "Keys: arrows, Page Up and Page Down, Home, End; O this list, N notes, " +
      "S the speaker's window, L light or dark."),
    element("ol", {}, ...links.map((link) => element("li", {}, link))),
    element("label", {}, letterBox, " Letters are keys"),
    element("button", { type: "button", onclick: () => overview.close() }, "Close"));
  const openOverview = () => {
    links.forEach((link, i) => i === at
      ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current"));
    overview.showModal();
    links[at].focus();
  };

  // --- the speaker's window: drawn from here, so that it works from a folder too ----------------
  const openSpeaker = () => {
    if (speaker && !speaker.closed) return speaker.focus();
    speaker = open("", "", "popup,width=760,height=820");
    if (!speaker) {
      said.textContent = "The browser did not open a second window; the notes are shown here.";
      if (!notes[0].open) toggleNotes();
      return;
    }
    const there = speaker.document;
    there.title = "Notes";
    there.documentElement.lang = "en";
    there.documentElement.dataset.theme = root.dataset.theme;
    for (const style of document.querySelectorAll("style")) {
      there.head.append(there.importNode(style, true));
    }
    there.addEventListener("keydown", onKey);
    tellSpeaker();
  };

  const minutes = (seconds) => {
    const whole = Math.floor(seconds);
    return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
  };
  const clock = (minute) => `${Math.floor(minute / 60)}:${String(minute % 60).padStart(2, "0")}`;

  const planned = () => {
    const { begin, end } = slides[at].dataset;
    if (end === undefined) return "";
    const step = `this step: ${clock(+begin)} to ${clock(+end)}`;
    const late = started === null ? 0 : Math.floor((Date.now() - started) / 60000 - end);
    return late > 0 ? `${step}, ${late} min over` : step;
  };

  const tellSpeaker = () => {
    if (!speaker || speaker.closed) return;
    const there = speaker.document;
    const following = slides[at + 1];
    const main = element("main", { className: "speaker bd-article" },
      element("p", { className: "speaker-times" },
        element("span", { className: "elapsed" }), element("span", { className: "day" }),
        element("span", { className: "plan" })),
      element("p", { className: "speaker-moves" },
        button("Back", "The slide before", () => go(at - 1)),
        button("Next", "The next slide", () => go(at + 1)),
        button("Clock from zero", "A new session begins", () => {
          started = Date.now();
          tick();
        })),
      element("h1", {}, title(slides[at])),
      element("p", { className: "soft" },
        `${at + 1} of ${slides.length}. ${following ? `Next: ${title(following)}` : "The last slide"}`),
      notes[at].querySelector(".notes-text").cloneNode(true));
    // the buttons are made anew: whoever pressed one by keyboard goes on there
    const focused = [...there.querySelectorAll("button")].indexOf(there.activeElement);
    there.body.replaceChildren(there.adoptNode(main));
    there.querySelectorAll("button")[focused]?.focus();
    tick();
  };
  const tick = () => {
    if (!speaker || speaker.closed) return;
    const there = speaker.document;
    const put = (name, text) => {
      const target = there.querySelector(`.${name}`);
      if (target && target.textContent !== text) target.textContent = text;
    };
    put("elapsed", started === null ? "0:00" : minutes((Date.now() - started) / 1000));
    put("day", new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
    put("plan", planned());
  };
  setInterval(tick, 1000);
  addEventListener("pagehide", () => speaker?.close());

  // --- keys ---------------------------------------------------------------------------------
  const moves = {
    ArrowRight: () => go(at + 1), PageDown: () => go(at + 1),
    ArrowLeft: () => go(at - 1), PageUp: () => go(at - 1),
    Home: () => go(0), End: () => go(slides.length - 1),
  };
  const ofLetters = { o: openOverview, n: toggleNotes, s: openSpeaker, l: switchTheme };
  const onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || overview.open) return;
    const inside = event.target.closest?.("input, select, textarea, .reread-scroll");
    if (inside) return; // a wide table scrolls by the arrows
    const onControl = event.target.closest?.("button, a, summary");
    const key = event.key;
    let run = moves[key];
    if (key === " " && !onControl) run = () => go(at + (event.shiftKey ? -1 : 1));
    if (letters && !event.shiftKey) run ??= ofLetters[key.toLowerCase()];
    if (!run) return;
    event.preventDefault();
    run();
  };

  // --- begin --------------------------------------------------------------------------------
  const back = button("Back", "The slide before (left arrow)", () => go(at - 1));
  const next = button("Next", "The next slide (right arrow)", () => go(at + 1));
  const notesButton = button("Notes", "Notes under the slide (N)", toggleNotes);
  notesButton.setAttribute("aria-pressed", false);
  const bar = element("nav", { className: "bar", aria: { label: "Slides" } },
    back, place, next, said,
    element("span", { className: "gap" }),
    button("Overview", "All slides (O)", openOverview), notesButton,
    button("Speaker", "A second window with notes and clock (S)", openSpeaker),
    button("Light or dark", "Light or dark (L)", switchTheme));
  document.body.append(bar, overview);
  for (const slide of slides) slide.tabIndex = -1;
  root.dataset.show = "";
  addEventListener("keydown", onKey);
  const named = () => slides.findIndex((slide) => `#${slide.id}` === location.hash);
  addEventListener("hashchange", () => named() >= 0 && named() !== at && show(named(), true));
  show(Math.max(0, named()), false);
})();
