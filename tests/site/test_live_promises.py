"""What the sentence below a live figure asks the reader to do is done here, and what it promises is seen."""

from __future__ import annotations

import re

import pytest


def test_boundary_moves_what_is_dragged_and_what_is_chosen(figure):
    reader = figure("boundary", "01_discriminative_vs_generative")
    before = reader.text("best possible error")
    reader.drag(0.63, 0.45)  # the triangle is the nearest
    assert reader.text("best possible error") != before
    reader.press("Keys move the question mark")
    before = reader.number("log p(?)")
    reader.box.locator("canvas[tabindex]").focus()
    reader.page.keyboard.press("Shift+ArrowUp")
    assert reader.number("log p(?)") != before


def test_gan_covers_all_clusters_and_with_a_slow_discriminator_does_not(figure):
    reader = figure("gan_stepper", "02_gan")

    def trained():
        for _ in range(12):
            reader.press("50 steps")
        return reader.number("clusters covered"), reader.number("good samples")

    reader.press("Start again")
    assert reader.number("step") == 0
    balanced = trained()
    reader.press("A discriminator that is too slow")
    assert reader.number("step") == 0
    slow = trained()
    assert balanced[0] >= 7
    assert slow[0] <= 5
    assert balanced[1] >= slow[1] + 15
    reader.press("Start again")  # the same settings, the same seed: the same again
    assert trained() == slow


def test_gan_modes_are_hit_by_r1_lost_by_the_baseline_and_by_chance_with_wasserstein(figure):
    reader = figure("gan_modes", "02_gan")

    def at_the_end(setup, need):
        reader.slide("good samples that a mode needs", need)
        reader.press(setup)
        reader.press("To the end")
        assert reader.number("training step") == 3000
        return reader.number("modes hit")

    reader.press("Start again")
    assert reader.number("training step") == 0
    assert reader.number("modes hit") == 1
    reader.press("Play")
    reader.page.wait_for_function(
        "box => /step 1500/.test(box.textContent)", arg=reader.box.element_handle(), timeout=60_000
    )
    assert reader.number("modes hit") >= 20
    assert at_the_end("baseline", 1) <= 3
    assert at_the_end("R1", 1) >= 23
    assert at_the_end("Wasserstein", 1) >= 20
    assert at_the_end("Wasserstein", 20) <= 5
    assert at_the_end("R1", 20) >= 15


def test_autoencoder_knows_crowded_and_empty_land(figure):
    reader = figure("ae_plane", "03_autoencoder")
    found = []
    for i in range(9):
        reader.drag(0.1 + 0.1 * i, 0.5)
        text = reader.text("nearest digit")
        found.append(float(re.findall(r"([\d.]+) away", text)[0]))
    assert min(found) < 1
    assert max(found) > 2.5


def test_kl_is_estimated_by_the_dots_and_drawn_whole(figure):
    reader = figure("kl", "04_vae")
    for mean, log_var in ((3, 0), (-3, 2), (0.5, -4)):
        reader.slide("mean", mean)
        reader.slide("log-variance", log_var)
        exact, sampled = reader.number("KL(q‖p)"), reader.number("from 500 draws")
        error = float(re.findall(r"± ([\d.]+)", reader.text("from 500 draws"))[0])
        assert abs(exact - sampled) < 4 * error
        assert reader.page.evaluate("gm.kl.drawn") == pytest.approx(exact, abs=0.02)


def test_elbo_closes_its_gap_and_never_cuts_a_bar(figure):
    reader = figure("elbo", "04_vae")
    reader.slide("observation x", -4)
    reader.slide("mean of q", 3)
    reader.slide("log-variance of q", 2)
    assert reader.page.evaluate("gm.elbo.lowest") <= reader.number("ELBO")
    reader.press("Set q to the posterior")
    assert reader.number("gap") == 0
    assert "± 0.00" in reader.text("draws")


def test_vae_shows_digits_inside_the_circles(figure):
    reader = figure("vae_plane", "04_vae")
    for x, y in ((0.5, 0.5), (0.4, 0.3), (0.65, 0.6)):  # within one standard deviation
        reader.drag(x, y)
        assert float(re.findall(r"([\d.]+) away", reader.text("nearest digit"))[0]) < 0.5
    before = reader.picture(1)
    reader.box.locator("canvas[tabindex]").focus()
    reader.page.keyboard.press("Shift+ArrowLeft")
    assert reader.picture(1) != before


def test_a_steep_map_makes_narrow_slices_and_a_negative_bend_two_hills(figure):
    reader = figure("map_area", "05_change_of_variables")
    label = "box => box.querySelector('.gm-pane canvas').getAttribute('aria-label')"
    hills = {}
    for bend in (-0.4, 0, 1):
        reader.slide("bend of f", bend)
        reader.page.wait_for_timeout(700)
        hills[bend] = reader.box.evaluate(label)
        widths = [float(each) for each in re.findall(r"\d+\.\d+", reader.text("width, x"))]
        if bend:
            assert (reader.number("mean slope") > 1) == (widths[0] < widths[1])
        x, z = re.findall(r"\d\.\d+", reader.text("mass, x and z"))
        assert float(x) == pytest.approx(float(z), abs=2e-4)
    assert "2 hills" in hills[-0.4]
    assert "one hill" in hills[0]


def test_plane_flow_adds_up_what_was_applied(figure):
    reader = figure("plane_flow", "05_change_of_variables")
    total, sums = reader.number("log p(x), all 8 couplings"), []
    for applied in range(9):
        reader.slide("couplings applied", applied)
        sums.append(reader.number("log |det| so far"))
        assert reader.number("log p(x), all 8 couplings") == total  # of the whole flow, and it says so
    assert sums[0] == 0
    assert len(set(sums)) >= 8
    assert reader.number("log p(z)") + sums[-1] == pytest.approx(total, abs=0.02)
    assert (sums[-1] > 0) == (total > reader.number("log p(z)"))
    reader.press("Play from the data")
    reader.page.wait_for_timeout(800)
    assert reader.number("log |det| so far") in sums[:5]


def test_nice_keeps_the_area_until_the_scaling(figure):
    reader = figure("nice_layers", "06_nice")
    for depth in range(5):
        reader.slide("layers applied", depth)
        before, after = re.findall(r"\d\.\d+", reader.text("its area"))
        assert float(before) == pytest.approx(float(after), rel=0.02)
    reader.slide("layers applied", 5)
    before, after = re.findall(r"\d\.\d+", reader.text("its area"))
    assert float(before) != pytest.approx(float(after), rel=0.05)
    reader.press("Start from noise")
    noise = reader.picture(0)
    reader.press("Undo a layer")
    reader.page.wait_for_timeout(2000)
    assert reader.picture(0) != noise


def test_glow_without_any_change_gives_the_face_back(figure):
    reader = figure("glow_faces", "07_glow")
    reader.press("Sliders to zero")
    difference = """box => { const [a, b] = [...box.querySelectorAll('.gm-pane canvas')].map((each) =>
        each.getContext('2d').getImageData(0, 0, each.width, each.height * 0.85).data);
        return Math.max(...Array.from({length: a.length / 64}, (_, i) => Math.abs(a[64 * i] - b[64 * i]))); }"""
    reader.page.wait_for_timeout(500)
    assert reader.box.evaluate(difference) <= 1
    reader.slide("temperature", 0.5)
    assert reader.box.evaluate(difference) > 5


def test_srflow_has_one_answer_at_temperature_zero(figure):
    reader = figure("super_resolution", "08_srflow")
    region = """box => [...box.querySelectorAll('.gm-pane canvas')].slice(4).map((each) =>
        each.getContext('2d').getImageData(0, 0, each.width, each.height * 0.75).data.join())"""
    assert len(set(reader.box.evaluate(region))) == 4
    reader.slide("temperature", 0)
    reader.page.wait_for_timeout(500)
    assert len(set(reader.box.evaluate(region))) == 1
    reader.press("Show the truth")
    assert reader.box.get_by_role("button", name="Hide the truth").count() == 1


def test_style_mixing_is_one_average_face_at_zero_and_knows_a_crossover(figure):
    reader = figure("style_mixing", "09_stylegan2")
    reader.slide("crossover", 2)
    pressed = "box => [...box.querySelectorAll('[role=group] button')].map((b) => b.ariaPressed === 'true')"
    assert reader.box.evaluate(pressed) == [i >= 2 for i in range(len(reader.box.evaluate(pressed)))]
    reader.box.locator("[role=group] button").first.click()
    reader.page.wait_for_timeout(500)
    assert reader.box.locator("label", has_text="crossover").locator("output").inner_text() == "none"
    reader.slide("truncation", 0)
    reader.page.wait_for_timeout(500)
    assert reader.number("distance of w") == 0


def test_next_pixel_changes_nothing_before_the_pixel(figure):
    reader = figure("next_pixel", "11_autoregressive")
    rows = """box => { const each = box.querySelector('.gm-pane canvas'), pen = each.getContext('2d');
        const middle = (i) => Math.floor((i + 0.5) * each.width / 8);
        return Array.from({length: 64}, (_, i) =>
            pen.getImageData(middle(i % 8), middle(Math.floor(i / 8)), 1, 1).data[0]); }"""
    reader.drag(3.5 / 8, 2.5 / 8)
    before = reader.box.evaluate(rows)
    reader.slide("grey level", 16 if before[19] > 128 else 0)
    after = reader.box.evaluate(rows)
    assert before[:19] == after[:19]
    assert before[19] != after[19]
    assert before[20:] != after[20:]
    reader.press("backwards")
    before = reader.box.evaluate(rows)
    reader.slide("grey level", 16 if before[19] > 128 else 0)
    after = reader.box.evaluate(rows)
    assert before[20:] == after[20:]
    assert before[:20] != after[:20]


def test_noise_plane_learns_the_arrows_and_needs_steps(figure):
    reader = figure("noise_plane", "12_diffusion")
    ends = lambda: reader.number("samples that end near the data")  # noqa: E731
    reader.press("Start again")
    assert reader.number("training steps") == 0
    error, before = reader.number("error of the network"), ends()
    for _ in range(3):
        reader.press("100 steps")
    assert reader.number("error of the network") < error / 5
    assert ends() > before + 30
    reader.press("closed form")
    for chain in ("DDIM", "ancestral"):
        reader.press(chain)
        found = []
        for steps in (1, 4, 50):
            reader.slide("steps back", steps)
            found.append(ends())
        assert found[0] <= 5
        assert 60 <= found[1] <= 90
        assert found[2] >= 92
    reader.slide("time t", 0)
    wide = reader.picture(0)
    reader.press("network")
    reader.slide("guidance w", 3)
    assert reader.box.get_by_role("button", name="closed form").get_attribute("aria-pressed") == "true"
    assert reader.picture(0) != wide
    assert ends() >= 92
    reader.press("network")
    assert float(reader.box.get_by_role("slider", name="guidance w").input_value()) == -1
    reader.slide("time t", 0.3)
    reader.press("Add noise")
    reader.page.wait_for_function(
        "box => box.querySelector('[type=range]').value > 0.1", arg=reader.box.element_handle()
    )
    reader.press("Way back")
    at = "box => +box.querySelector('[type=range]').value"
    reader.page.wait_for_function(f"box => ({at})(box) < 0.9 && ({at})(box) > 0", arg=reader.box.element_handle())


def test_noise_plane_takes_points_of_ones_own(figure):
    reader = figure("noise_plane", "12_diffusion")
    ends = lambda: reader.number("samples that end near the data")  # noqa: E731
    said = lambda: reader.box.locator("[role=status]").inner_text()  # noqa: E731
    assert reader.box.locator("canvas[tabindex]").count() == 0  # a finger scrolls over the moons
    reader.press("your own")
    reader.page.wait_for_timeout(700)
    assert said().startswith("Click or touch the plane to set points.")
    assert "Click or touch the plane to set points." in [each[2] for each in reader.page.evaluate("letters")]
    errors: list[str] = []
    reader.page.on("pageerror", lambda error: errors.append(str(error)))
    reader.press("100 steps")  # there is nothing to learn yet
    assert reader.number("training steps") == 0
    assert errors == []
    for x, y in ((0.2, 0.2), (0.8, 0.3), (0.4, 0.8)):
        reader.drag(x, y)
    reader.page.wait_for_timeout(700)
    assert "3 of at most 40 points" in said()
    found = []
    for steps in (1, 50):
        reader.slide("steps back", steps)
        found.append(ends())
    assert found[0] == 0
    assert found[1] >= 82
    reader.slide("guidance w", 0)  # the class is the upper two
    upper = reader.picture(0)
    reader.slide("guidance w", -1)
    assert reader.picture(0) != upper
    reader.press("network")
    assert ends() < 50
    for _ in range(3):
        reader.press("100 steps")
    assert ends() > 65
    plane = reader.box.locator("canvas[tabindex]")
    plane.focus()
    for key in ("Shift+ArrowUp", "ArrowRight", "Enter", "Backspace", "Backspace"):
        before = reader.picture(0)
        reader.page.keyboard.press(key)
        assert reader.picture(0) != before, key
    reader.page.wait_for_timeout(700)
    assert "2 of at most 40 points" in plane.get_attribute("aria-label")
    reader.press("Clear")
    for i in range(45):
        reader.drag(0.1 + 0.08 * (i % 10), 0.1 + 0.08 * (i // 10))
    reader.page.wait_for_timeout(700)
    assert "40 of at most 40 points" in said()
    reader.press("two moons")
    assert reader.number("training steps") == 100
    assert plane.count() == 0


def test_straight_paths_become_straight_by_a_reflow(figure):
    reader = figure("straight_paths", "13_flow_matching")
    near, straight = (lambda name=name: reader.number(name) for name in ("samples near a moon", "straightness"))
    reflow = reader.box.get_by_role("button", name="Reflow", exact=True)
    reader.press("closed form")
    assert near() >= 92
    assert 0.8 < straight() < 1.2
    bent = reader.picture(0)
    reader.press("Show the pairs")
    assert reader.picture(0) != bent
    reader.press("1")
    assert near() == 0  # all are at the mean
    reader.press("Heun")
    assert near() > 30
    reader.press("Euler")
    reader.press("32")
    for _ in range(3):
        reader.press("100 steps")
    assert straight() > 0.6
    many = near()
    reader.press("1")
    assert near() < many - 40
    reflow.click()
    reader.press("100 steps")
    assert straight() < 0.05
    assert near() > many - 20
    reflow.click()
    reader.press("100 steps")
    assert reader.box.get_by_role("button", name="two reflows").get_attribute("aria-pressed") == "true"
    assert near() > many - 25


def test_one_face_is_given_back_walked_and_drawn(figure):
    reader = figure("one_face", "10_recap")
    for name in ("a face, given", "no face, given"):
        reader.press(name)
        assert reader.number("given back exactly by") == 4
        assert reader.number("its error:") > 0.005
    before = [reader.picture(i) for i in range(10)]
    reader.press("Walk")
    reader.page.wait_for_timeout(1500)
    reader.press("Stop")
    assert all(old != reader.picture(i) for i, old in enumerate(before))
    reader.press("Draw new faces")
    one = reader.picture(2)
    assert "–" in reader.text("given back exactly by")
    reader.press("Draw new faces")
    assert reader.picture(2) != one


def test_a_drawn_digit_is_a_speck_or_a_wide_ring_by_beta(figure):
    reader = figure("draw_digit", "04_vae")
    assert "a 3" in reader.text("nearest code")
    widths, prices = {}, {}
    for beta in ("0.1", "1", "4"):
        reader.box.get_by_role("button", name=beta, exact=True).click()
        widths[beta], prices[beta] = reader.number("σ ="), reader.number("KL")
    assert widths["0.1"] < 0.5 * widths["1"] < widths["4"]
    assert prices["0.1"] > prices["1"] > prices["4"]
    assert prices["4"] < 0.1
    reader.box.get_by_role("button", name="1", exact=True).click()
    before = reader.text("μ =")
    reader.press("Clear")
    paper = reader.box.locator("canvas[tabindex]")
    size = paper.bounding_box()
    places = [(0.3, 0.25), (0.45, 0.1), (0.65, 0.2), (0.6, 0.45), (0.3, 0.88), (0.72, 0.88)]  # a two
    x, y = ([p[i] * size[("width", "height")[i]] + (size["x"], size["y"])[i] for p in places] for i in (0, 1))
    reader.page.mouse.move(x[0], y[0])
    reader.page.mouse.down()
    for i in range(1, len(places)):
        reader.page.mouse.move(x[i], y[i], steps=4)
    reader.page.mouse.up()
    assert reader.text("μ =") != before
    assert "a 2" in reader.text("nearest code")
    paper.focus()
    drawn = reader.picture(0)
    reader.page.keyboard.press("ArrowRight")
    assert reader.picture(0) != drawn
    reader.page.keyboard.press("Backspace")
    reader.page.keyboard.press("Backspace")
    assert reader.picture(0) != drawn


def test_painted_pixels_are_answered(figure):
    reader = figure("paint_face", "08_srflow")
    reader.page.wait_for_timeout(500)
    fits, before = reader.number("made small again"), reader.picture(1)
    assert reader.number("out of range") == 0
    reader.press("hair, red")
    paper = reader.box.locator("canvas[tabindex]")
    paper.focus()
    for key in ("ArrowUp", "Enter", "Shift+ArrowRight", "Shift+ArrowRight"):
        reader.page.keyboard.press(key)
    reader.page.wait_for_timeout(800)
    assert reader.picture(1) != before
    reader.press("As it was")
    reader.page.wait_for_timeout(800)
    assert reader.number("made small again") == fits
    assert reader.picture(1) == before
    reader.press("blue")
    for row in range(8):  # what no face has: a chequerboard
        for column in range(row % 2, 8, 2):
            reader.drag((column + 0.5) / 8, (row + 0.5) / 8)
    reader.page.wait_for_timeout(800)
    assert reader.number("made small again") < fits - 3
    assert reader.number("out of range") >= 1
    reader.slide("temperature", 0)
    reader.page.wait_for_timeout(800)
    assert reader.number("answers differ by") == 0
