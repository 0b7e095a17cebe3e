// The buttons that copy a value. Without this script they are not there, and a field is
// copied by hand.
"use strict";

const said = document.querySelector("[data-copied]");

for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  const label = button.querySelector("span");
  let timer = 0;

  const say = (short, text) => {
    label.textContent = short;
    // Emptied first, so that the same words are read out again.
    said.textContent = "";
    setTimeout(() => { said.textContent = text; }, 50);
    clearTimeout(timer);
    timer = setTimeout(() => { label.textContent = "Copy"; }, 3000);
  };

  button.hidden = false;
  button.addEventListener("click", async () => {
    let copied = true;
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      // Without https, or where the browser forbids it.
      field.select();
      copied = document.execCommand("copy");
    }
    if (copied) {
      button.focus();
      say("Copied", button.dataset.name + ": copied");
    } else {
      field.focus();
      field.select();
      say("Copy", button.dataset.name + ": it could not be copied. It is selected; copy it with your keyboard.");
    }
  });
}
