// Quizzes: choose, check, read why. Without this file every answer has a fold that says the same.
// The score lives on the page alone: nothing is stored, nothing is sent.
"use strict";

(() => {
  const make = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };

  // What an answer means, again where it is spoken; ids must not stand twice.
  const whyOf = (option) => {
    const why = option.box.querySelector(".reread-quiz-why > span").cloneNode(true);
    for (const element of why.querySelectorAll("[id]")) element.removeAttribute("id");
    return why;
  };

  const asQuestion = (field, changed) => {
    const options = [...field.querySelectorAll(".reread-quiz-option")].map((box) => ({
      box,
      input: box.querySelector("input"),
      letter: box.querySelector("input").value,
      right: box.hasAttribute("data-right"),
    }));
    const several = options[0].input.type === "checkbox";
    const state = { tries: 0, right: false, first: false };

    const check = make("button", { type: "button" }, "Check");
    const says = make("div", { class: "reread-quiz-says", role: "status", "aria-live": "polite" });
    field.append(make("div", { class: "reread-quiz-check" }, check, says));

    const reveal = (chosen) => {
      for (const { box, input } of options) {
        const fold = box.querySelector("details");
        // those not chosen can be opened now; the chosen ones are told below
        fold.toggleAttribute("data-shown", !chosen.includes(input));
        box.toggleAttribute("data-chosen", chosen.includes(input));
      }
    };

    const verdict = (chosen) => {
      const missed = options.filter((option) => option.right && !chosen.includes(option));
      const wrong = chosen.filter((option) => !option.right);
      state.right = !missed.length && !wrong.length;
      if (state.right) return "Right.";
      if (!several) return "Not so.";
      if (!wrong.length) return missed.length === 1 ? "So far right, one is missing." : `So far right, ${missed.length} are missing.`;
      const letters = wrong.map((option) => option.letter).join(", ");
      return `Not so: ${letters}${missed.length ? ", and something is missing" : ""}.`;
    };

    check.addEventListener("click", () => {
      const chosen = options.filter((option) => option.input.checked);
      if (!chosen.length) {
        says.replaceChildren(make("p", {}, "Choose an answer first."));
        return;
      }
      state.tries += 1;
      const line = make("p", {}, make("strong", {}, verdict(chosen)));
      if (state.tries === 1) state.first = state.right;
      field.dataset.checked = state.right ? "right" : "wrong";
      if (several) {
        const told = chosen.map((option) =>
          make("li", {}, make("span", { class: "reread-quiz-letter" }, option.letter), " ", whyOf(option)));
        says.replaceChildren(line, make("ul", {}, ...told));
      } else {
        line.append(" ", whyOf(chosen[0]));
        says.replaceChildren(line);
      }
      reveal(chosen.map((option) => option.input));
      changed();
    });

    // another choice is not judged before it is checked
    field.addEventListener("change", () => {
      if (!field.dataset.checked) return;
      delete field.dataset.checked;
      says.replaceChildren();
    });

    const reset = () => {
      Object.assign(state, { tries: 0, right: false, first: false });
      delete field.dataset.checked;
      says.replaceChildren();
      for (const { box, input } of options) {
        input.checked = false;
        box.removeAttribute("data-chosen");
        const fold = box.querySelector("details");
        fold.removeAttribute("data-shown");
        fold.open = false;
      }
    };
    reset(); // a browser that goes back to a page remembers what was chosen
    return { state, reset, focus: () => options[0].input.focus() };
  };

  const asQuiz = (root) => {
    const score = make("p", { class: "reread-quiz-score", role: "status", "aria-live": "polite" });
    const again = make("button", { type: "button" }, "Start again");
    const tell = () => {
      const answered = questions.filter(({ state }) => state.tries);
      const right = answered.filter(({ state }) => state.right).length;
      const first = answered.filter(({ state }) => state.first).length;
      score.textContent = answered.length
        ? `${right} of ${questions.length} right, ${first} at the first try.`
        : `${questions.length} questions.`;
      again.hidden = !answered.length;
    };
    const questions = [...root.querySelectorAll("fieldset")].map((field) => asQuestion(field, tell));
    root.append(make("div", { class: "reread-quiz-end" }, score, again));
    root.querySelector(".reread-quiz-how").textContent =
      "Choose an answer and check it. Your score stays on this page.";
    again.addEventListener("click", () => {
      for (const question of questions) question.reset();
      tell();
      questions[0].focus();
    });
    tell();
    root.dataset.ready = "";
  };

  const start = () => {
    for (const root of document.querySelectorAll("[data-reread-quiz]")) asQuiz(root);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
