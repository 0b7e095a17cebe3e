// The audit trail goes on by itself: rows come as server-sent events. What does not
// need a script does not use one.
"use strict";

for (const rows of document.querySelectorAll("[data-stream]")) {
  const live = document.querySelector("[data-live]");
  const status = live.querySelector("[data-status]");
  const pause = live.querySelector("button");
  const shown = Number(rows.dataset.shown);
  let source = null;
  let address = rows.dataset.stream;
  let arrived = 0;

  // say tells readers of screens, too, but not of the same thing again.
  const say = (text) => {
    if (status.textContent !== text) {
      status.textContent = text;
    }
  };

  const listen = () => {
    if (source !== null || document.hidden || pause.getAttribute("aria-pressed") === "true") {
      return;
    }
    source = new EventSource(address);
    source.onopen = () => say(arrived === 0 ? "Live: new events appear by themselves" : counted());
    source.onerror = () => say(source.readyState === EventSource.CLOSED ? "Not live any more: load the page again" : "Connection lost, trying again…");
    source.onmessage = (message) => {
      address = address.replace(/after=[^&]*/, "after=" + encodeURIComponent(message.lastEventId));
      add(message.data);
    };
    source.addEventListener("again", () => location.reload());
  };

  const silence = () => {
    source?.close();
    source = null;
  };

  const counted = () => "Live: " + arrived + (arrived === 1 ? " new event" : " new events");

  const add = (html) => {
    // The server escapes what it sends, and the page's policy runs no script in it.
    const part = document.createElement("template");
    part.innerHTML = html;
    for (const row of part.content.children) {
      row.classList.add("new");
      arrived += row.classList.contains("gap") ? 0 : 1;
    }
    rows.prepend(part.content);
    while (rows.children.length > shown) {
      rows.lastElementChild.remove();
    }
    rows.closest("section, main")?.querySelector(".none")?.remove();
    say(counted());
  };

  pause.addEventListener("click", () => {
    const paused = pause.getAttribute("aria-pressed") !== "true";
    pause.setAttribute("aria-pressed", String(paused));
    if (paused) {
      silence();
      say("Paused");
    } else {
      listen();
    }
  });

  // A browser has few connections to a server: who does not look needs none.
  document.addEventListener("visibilitychange", () => (document.hidden ? silence() : listen()));

  live.hidden = false;
  listen();
}
