"use strict";
const enlarged = document.getElementById("enlarged");

for (const button of document.querySelectorAll("button.enlarge")) {
  button.addEventListener("click", () => {
    const picture = button.querySelector("img");
    const large = enlarged.querySelector("img");
    large.src = picture.src;
    large.alt = picture.alt;
    enlarged.querySelector("p").textContent = button.closest("figure").querySelector("h3").textContent;
    enlarged.showModal();
  });
}
enlarged.addEventListener("click", () => enlarged.close());

for (const button of document.querySelectorAll("button.copy")) {
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copies);
    getSelection().selectAllChildren(source);
    try {
      await navigator.clipboard.writeText(source.textContent);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Selected: press Ctrl+C";
    }
  });
}

// Paper has nothing to click: print everything that is folded.
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  for (const fold of folded) fold.open = true;
});
addEventListener("afterprint", () => {
  for (const fold of folded) fold.open = false;
});
