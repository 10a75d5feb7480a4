"""Going on with runs of before: from when there were fewer settings."""

from __future__ import annotations

import pytest
from train.small import small_net

from backlit.errors import ValueRefusedError
from backlit.train import Run, Settings, fit
from backlit.train.documents import write_document

LATER = {"fit": ("eager", "augment"), "settings": ("model", "eager")}


def test_a_run_from_before_there_were_more_settings_goes_on_as_it_began(dataset, tmp_path):
    settings = Settings(eager=True, steps=6).to_json()
    options = {"batch_size": 16, "seed": 3, "progress": False}
    nets = small_net(), small_net()
    fit(nets[0], dataset, steps=6, eager=True, **options)
    fit(nets[1], dataset, steps=3, eager=True, folder=tmp_path / "run", **options,
        settings=settings)  # fmt: skip
    run = Run(tmp_path / "run")
    content = {
        part: {key: value for key, value in values.items() if key not in LATER[part]}
        for part, values in run.settings.items()
    }
    assert content != run.settings
    write_document(run.settings_file, "settings", content)
    options |= {"folder": run.folder, "resume": True, "steps": 6}
    with pytest.raises(ValueRefusedError, match=r"began with fit\.eager = True, and False"):
        fit(small_net(), dataset, settings=settings, **options)
    again = small_net()
    fit(again, dataset, eager=True, settings=settings, **options)
    for name, W in nets[0].state().items():
        assert W.tobytes() == again.state()[name].tobytes()
